"""allauth's questions about our people: phones, codes, and where one may be sent."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext_lazy as _

from accounts import sms
from accounts.models import User
from accounts.paths import is_own_path
from accounts.services import phone_set
from accounts.text import phone_clean
from core import clock


class MobileField(forms.CharField):
    """A mainland mobile number, cleaned to its eleven digits."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("手机号"))
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault(
            "widget",
            forms.TextInput(
                attrs={
                    "type": "tel",
                    "inputmode": "tel",
                    "autocomplete": "tel-national",
                    "placeholder": _("请输入手机号"),
                }
            ),
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return phone_clean(text) if text else ""


class AccountAdapter(DefaultAccountAdapter):
    """Codes of six digits, phones as `accounts.services` keeps them, redirects to own paths."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "phone_taken": _("这个手机号已绑定另一个账号，请用它登录。"),
        "incorrect_code": _("验证码不正确，请检查后重新输入。"),
        "too_many_login_attempts": _("尝试次数太多，请稍后再试。"),
        "rate_limited": _("操作太频繁，请稍后再试。"),
        "same_as_current": _("这就是当前绑定的手机号。"),
    }

    def is_open_for_signup(self, request: Any) -> bool:
        """Never through allauth's own form: our sign-in makes accounts, with their consent."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        return bool(url) and is_own_path(str(url))

    def get_login_stages(self) -> list[str]:
        """Without allauth's phone stage: a code has proved the phone before anyone gets that far."""
        return [s for s in super().get_login_stages() if not s.endswith("PhoneVerificationStage")]

    def generate_login_code(self) -> str:
        return f"{secrets.randbelow(1_000_000):06d}"

    def generate_phone_verification_code(self, *, user: AbstractBaseUser, phone: str) -> str:
        return self.generate_login_code()

    def phone_form_field(self, **kwargs: Any) -> MobileField:
        return MobileField(**kwargs)

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        phone_set(user_id=user.pk, phone=phone, verified=verified, now=clock.now())

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified_at is not None) if user.phone else None

    def set_phone_verified(self, user: Any, phone: str) -> None:
        phone_set(user_id=user.pk, phone=phone, verified=True, now=clock.now())

    def get_user_by_phone(self, phone: str) -> User | None:
        """Whose number it is. To somebody who is signed in and wants to bind it, an account that
        only claimed it, and never proved it, does not count."""
        user = User.objects.filter(phone_index=User.index_phone(phone)).first()
        asker = getattr(context.request, "user", None)
        if user and not user.phone_verified_at and asker and asker.is_authenticated:
            return user if user.pk == asker.pk else None
        return user

    def send_verification_code_sms(
        self, user: AbstractBaseUser, phone: str, code: str, **kwargs: Any
    ) -> None:
        """Raises SmsTrouble."""
        sms.gateway().code_send(phone=phone, code=code)
