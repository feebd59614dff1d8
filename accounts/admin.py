"""People, for the platform's staff alone: a merchant never sees the list of users."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import IdentityConflict, User
from accounts.queries import holdings_of
from core import clock
from core.admin import PlatformAdmin
from core.columns import named_in_full
from core.crypto import mask_phone
from core.numbers import Number, ref

# allauth's own pages follow neither base class of ours, and people's own pages do what they would.
for _model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(_model)


class StaffCreationForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


class StaffChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = ("email", "nickname", "is_active", "is_staff", "is_superuser")


@admin.register(User)
class UserPage(PlatformAdmin, DjangoUserAdmin):
    """Users. Phones are shown masked; nothing personal can be searched but the e-mail."""

    form = StaffChangeForm
    add_form = StaffCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["public_id", "nickname", "email", "masked_phone", "is_staff", "joined_at"]
    list_filter = ["is_staff", "is_active"]
    search_fields = []
    search_numbers = [ref("usr"), Number(r"\S+@\S+", "email")]
    ordering = ["-id"]
    filter_horizontal = ()
    readonly_fields = ["public_id", "masked_phone", "joined_at", "last_login"]
    fieldsets = [
        (None, {"fields": ["public_id", "email", "password", "nickname", "masked_phone"]}),
        (_("权限"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("时间"), {"fields": ["joined_at", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "usable_password", "password1", "password2"]})]

    @admin.display(description=_("手机号"))
    def masked_phone(self, user: User) -> str:
        return mask_phone(user.phone) if user.phone else ""


@admin.register(IdentityConflict)
class IdentityConflictPage(PlatformAdmin):
    """Two accounts of one person that both hold something of value: what each holds, and what a
    person decided. Nothing is merged: orders and money stay where they were made."""

    list_display = ["found_at", "kept_name", "other_name", "resolved_at"]
    kept_name = named_in_full("kept", _("当前账号"))
    other_name = named_in_full("other", _("另一账号"))
    fields = ["found_at", ("kept", "kept_holds"), ("other", "other_holds"), "note", "resolved_at"]
    readonly_fields = ["kept", "kept_holds", "other", "other_holds", "found_at", "resolved_at"]
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        said = _(
            "写下怎么处理的，保存后即标为已处理。系统不会合并账号：订单和钱留在原来的账号里；"
            "不再使用的账号，请到“用户”里取消“%(field)s”。"
        ) % {"field": User._meta.get_field("is_active").verbose_name}
        return super().get_form(request, obj, change, **kwargs, help_texts={"note": said})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.resolved_at = (obj.resolved_at or clock.now()) if obj.note.strip() else None
        obj.save(update_fields=["note", "resolved_at"])

    @admin.display(description=_("当前账号里有"))
    def kept_holds(self, conflict: IdentityConflict) -> str:
        return _holds(conflict.kept)

    @admin.display(description=_("另一账号里有"))
    def other_holds(self, conflict: IdentityConflict) -> str:
        return _holds(conflict.other)


def _holds(user: User) -> str:
    """Who it is, and what would have to move."""
    identities = user.wechat_identities.count()
    who = [user.nickname, user.email or "", mask_phone(user.phone) if user.phone else ""]
    held: list[Any] = [_("微信身份 %(count)d") % {"count": identities}]
    held += [f"{name} {count}" for name, count in holdings_of(user).items()]
    if user.is_staff:
        held.append(_("可进后台"))
    if not user.is_active:
        held.append(_("已停用"))
    return " · ".join(str(one) for one in [*who, *held] if one)
