"""An e-mail address of a person's: theirs when they opened the letter that was sent to it."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core import signing
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.locks import user_lock, users_lock
from accounts.models import User
from accounts.services.people import is_claim

SALT = "accounts.email"
CONFIRM_WITHIN = timedelta(days=2)


class EmailRefused(Exception):
    """The address cannot become this person's; says why, and what to do."""


def email_ask(*, user_id: int, email: str, confirm_url: str) -> None:
    """Send a letter with a link that proves the address. Nothing is stored before it is opened.

    `confirm_url` gets `?token=`. Raises EmailRefused, and what the mail server raises.
    """
    email = email.strip().lower()
    _check_free(user_id, email)
    token = signing.dumps({"user": user_id, "email": email}, salt=SALT, compress=True)
    text = _(
        "请打开下面的链接，确认用这个邮箱接收订单消息（两天内有效）：\n\n%(url)s\n\n不是你本人的操作，请忽略。\n"
    )
    message = EmailMessage(
        subject=_("确认你的邮箱"), body=text % {"url": f"{confirm_url}?token={token}"}, to=[email]
    )
    message.send()


def email_of_token(*, user_id: int, token: str) -> str:
    """The address that the person's own token is about. Raises EmailRefused."""
    try:
        asked = signing.loads(token, salt=SALT, max_age=CONFIRM_WITHIN)
    except signing.BadSignature:
        raise EmailRefused(_("链接已过期或不完整，请重新填写邮箱。")) from None
    if asked["user"] != user_id:
        raise EmailRefused(_("这个链接是另一个账号的，请登录那个账号再打开。"))
    return str(asked["email"])


def email_confirm(*, user_id: int, token: str) -> str:
    """The person opened the letter: the address is theirs, and replaces the one before, to sign in
    with as well. Staff keep the one that the office knows them by. A proof beats a claim: an account
    that somebody only typed the address for loses it. Safe to repeat. Raises EmailRefused."""
    email = email_of_token(user_id=user_id, token=token)
    try:
        with transaction.atomic():
            holders = _holders(user_id, email)
            user = users_lock({user_id, *holders})[user_id]
            _check_free(user_id, email)
            EmailAddress.objects.filter(user__in=holders, email=email).delete()
            User.objects.filter(pk__in=holders, email=email).update(email=None)
            EmailAddress.objects.filter(user=user).exclude(email=email).delete()
            EmailAddress.objects.update_or_create(
                user=user, email=email, defaults={"verified": True, "primary": True}
            )
            if not user.is_staff:
                user.email = email
                user.save(update_fields=["email"])
    except IntegrityError:
        raise EmailRefused(_taken()) from None
    return email


def email_remove(*, user_id: int) -> None:
    """Forget the person's address, so that it can neither be written to nor signed in with.

    Raises EmailRefused for whoever could not come in any more: without a proved phone and without
    WeChat. Staff keep the one that the office knows them by.
    """
    with transaction.atomic():
        user = user_lock(user_id)
        others = user.phone_verified_at is not None or user.wechat_identities.exists()
        if not (others or user.is_staff):
            raise EmailRefused(_("你只能用这个邮箱登录：请先绑定手机号，再删除邮箱。"))
        EmailAddress.objects.filter(user=user).delete()
        if not user.is_staff:
            user.email = None
            user.save(update_fields=["email"])


def _check_free(user_id: int, email: str) -> None:
    """Raises EmailRefused when it is another account's, and that is more than a claim."""
    if not all(is_claim(holder_id) for holder_id in _holders(user_id, email)):
        raise EmailRefused(_taken())


def _holders(user_id: int, email: str) -> set[int]:
    """The other accounts that have the address, proved or not."""
    proved = EmailAddress.objects.filter(email=email, verified=True).values("user_id")
    others = User.objects.filter(Q(email=email) | Q(pk__in=proved)).exclude(pk=user_id)
    return set(others.values_list("pk", flat=True))


def _taken() -> str:
    return _("这个邮箱已绑定另一个账号，请换一个。")
