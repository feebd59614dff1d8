"""What a person gives the shop: consent first, then a phone, a nickname, an avatar."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.documents import BASIC, VERSIONS
from accounts.events import ProfileWithdrawn
from accounts.locks import user_lock, users_lock
from accounts.models import Consent, User
from accounts.queries import has_basic_consent
from accounts.services.identities import holds_value
from accounts.text import phone_clean, text_clean
from core.facts import facts_record

UNPROVED_FOR = timedelta(days=1)
SWEPT_AT_ONCE = 1000


class ConsentMissing(Exception):
    """The person has not agreed to the present texts yet."""

    def __init__(self) -> None:
        super().__init__(_("请先阅读并同意《用户协议》和《隐私政策》。"))


class PhoneTaken(Exception):
    """Another account has proved that this number is its own."""

    def __init__(self) -> None:
        super().__init__(_("这个手机号已绑定另一个账号，请用它登录。"))


def consent_give(*, user_id: int, document: str, version: str, now: datetime) -> bool:
    """Record that the person agreed to this version of this text; False when that was on record.

    Raises ValueError for a text or version that the shop does not show.
    """
    if VERSIONS.get(document) != version:
        raise ValueError(f"{document} {version} is not a text people are shown")
    _consent, made = Consent.objects.get_or_create(
        user_id=user_id,
        document=document,
        version=version,
        withdrawn_at=None,
        defaults={"given_at": now},
    )
    return made


def profile_show_consent(*, user_id: int, now: datetime) -> None:
    """The person ticked that a group's page may show their avatar and masked nickname."""
    document = Consent.Document.GROUP_PROFILE
    consent_give(user_id=user_id, document=document, version=VERSIONS[document], now=now)


def profile_show_withdraw(*, user_id: int, now: datetime) -> None:
    """The person is not to be shown to other shoppers any more, wherever they were until now.

    The apps that show people hear of it by the fact, within seconds.
    """
    with transaction.atomic():
        Consent.objects.filter(
            user_id=user_id, document=Consent.Document.GROUP_PROFILE, withdrawn_at=None
        ).update(withdrawn_at=now)
        facts_record(ProfileWithdrawn(person_id=user_id), now=now)


def consent_give_basic(*, user_id: int, now: datetime) -> None:
    """The person ticked the box under the agreement and the privacy text."""
    for document in BASIC:
        consent_give(user_id=user_id, document=document, version=VERSIONS[document], now=now)


def consent_require(user_id: int) -> None:
    """Raises ConsentMissing unless the person agreed to the present agreement and privacy text."""
    if not has_basic_consent(user_id):
        raise ConsentMissing


def profile_take(*, user_id: int, nickname: str, avatar: str, now: datetime) -> User:
    """Store what WeChat says the person is called and looks like. Raises ConsentMissing.

    The nickname loses what is invisible and is cut at 64 characters; an avatar that is no address
    on a host we show pictures from is left out.
    """
    with transaction.atomic():
        consent_require(user_id)
        user = user_lock(user_id)
        user.nickname = text_clean(nickname)[:64]
        user.avatar = avatar if _is_picture(avatar) else ""
        user.save(update_fields=["nickname", "avatar"])
        return user


def phone_set(*, user_id: int, phone: str, now: datetime, verified: bool = False) -> User:
    """Give the person a phone number; `verified` when a code just proved that it is theirs.

    A proof beats a claim: an account that only claimed the number loses it. Raises ConsentMissing
    when the number is new to the account, PhoneTaken when another account proved it, and
    ValidationError for something that is no mobile number.
    """
    phone = phone_clean(phone)
    index = User.index_phone(phone)
    with transaction.atomic():
        holder_id = User.objects.filter(phone_index=index).values_list("pk", flat=True).first()
        users = users_lock({user_id, holder_id} - {None})  # type: ignore[arg-type]
        user = users[user_id]
        if user.phone_index != index:
            consent_require(user_id)
            holder = users.get(holder_id) if holder_id else None
            if holder is not None:
                _yield_phone(holder, verified=verified)
            user.phone, user.phone_index, user.phone_verified_at = phone, index, None
        if verified:
            user.phone_verified_at = now
        try:
            with transaction.atomic():
                user.save(update_fields=["phone", "phone_index", "phone_verified_at"])
        except IntegrityError:  # somebody took the number in the same moment
            raise PhoneTaken from None
        return user


def person_claim(*, now: datetime, phone: str = "", email: str = "") -> User:
    """The account of a phone number or an e-mail address; a new one if there is none.

    For the sign-in form, whose person has ticked the texts. Nothing is proved yet, the code comes
    next: an account that is there already is not touched, a new one has the consent before the
    number. Raises ValidationError for something that is no mobile number.
    """
    if phone:
        phone = phone_clean(phone)
    email = email.lower()
    lookup = {"phone_index": User.index_phone(phone)} if phone else {"email": email}
    for attempt in (1, 2):
        user = User.objects.filter(**lookup).first()
        if user is not None:
            return user
        try:
            with transaction.atomic():
                user = User.objects.create_user(joined_at=now)
                consent_give_basic(user_id=user.pk, now=now)
                user.phone, user.phone_index = phone, User.index_phone(phone)
                user.email = email or None
                user.save(update_fields=["phone", "phone_index", "email"])
                return user
        except IntegrityError:  # the same form twice at once: the other one made it
            if attempt == 2:
                raise
    raise AssertionError("unreachable")


def people_sweep(*, now: datetime) -> int:
    """Delete accounts that were made by the sign-in form and never proved; how many there were.

    Only what is empty goes: never signed in, nothing verified, no WeChat identity, in no store.
    """
    stale = _unproved().filter(joined_at__lt=now - UNPROVED_FOR).order_by("pk")
    return sum(_forget(pk, stale) for pk in stale.values_list("pk", flat=True)[:SWEPT_AT_ONCE])


def is_claim(user_id: int) -> bool:
    """Whether the account is no more than a number or an address that somebody typed: one of those
    that `people_sweep` deletes, once it is old enough."""
    user = _unproved().filter(pk=user_id).first()
    return user is not None and not holds_value(user)


def _unproved() -> QuerySet[User]:
    return User.objects.filter(
        last_login=None,
        phone_verified_at=None,
        is_staff=False,
        is_superuser=False,
        wechat_identities=None,
        nickname="",
    ).exclude(emailaddress__verified=True)


def _forget(user_id: int, stale: QuerySet[User]) -> bool:
    """Delete one of them, unless it was proved, or given something to hold, in the meantime."""
    with transaction.atomic():
        users_lock([user_id])
        user = stale.filter(pk=user_id).first()
        if user is None or holds_value(user):
            return False
        user.delete()
        return True


def office_access_set(*, user_id: int, allowed: bool) -> None:
    """Let the person into the merchants' office, or no more; a superuser stays in."""
    User.objects.filter(pk=user_id, is_superuser=False).update(is_staff=allowed)


def _yield_phone(holder: User, *, verified: bool) -> None:
    if not verified or holder.phone_verified_at is not None:
        raise PhoneTaken
    holder.phone, holder.phone_index = "", None
    holder.save(update_fields=["phone", "phone_index"])


def _is_picture(url: str) -> bool:
    """Whether the content security policy lets pages show it: WeChat's own, or the simulator's."""
    if len(url) > 500 or any(ord(c) < 33 for c in url):
        return False
    if settings.SIMULATOR_URL and url.startswith(settings.SIMULATOR_URL + "/"):
        return True
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and (parts.hostname or "").endswith(".qlogo.cn")
