"""Who came from WeChat. Identities link only when nothing of value would move.

An openid or unionid joins an account if the other account holds nothing that upper apps protect
(orders, seats, payments) and runs no store. Otherwise both stay, an IdentityConflict is left for
staff, and the person goes on with the account in use.
"""

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.events import PersonFolded
from accounts.locks import identities_lock, users_lock
from accounts.models import Address, Consent, IdentityConflict, User, WechatIdentity
from accounts.queries import rows_of_value
from core.facts import facts_record
from wechat.services import OAuthPerson


class SnapshotRefused(Exception):
    """WeChat invented this person for a page that asked too early: never stored, never paying."""

    def __init__(self) -> None:
        super().__init__(
            _("当前是微信的“快照页”，无法登录。请点页面右下角的“使用完整服务”，再试一次。")
        )


class AccountDisabled(Exception):
    """Staff closed the account."""

    def __init__(self) -> None:
        super().__init__(_("这个账号已停用，如有疑问请联系客服。"))


class _Moved(Exception):
    """Between looking and locking, an account was folded into another one."""


@dataclass(frozen=True)
class WechatSignIn:
    """`user` is who goes on. `joined`: another account of the same person was folded into it.
    `conflict`: there is another account, and both hold something of value."""

    user: User
    is_new: bool
    joined: bool
    conflict: bool


def person_from_wechat(
    *, person: OAuthPerson, appid: str, current_user_id: int | None, now: datetime
) -> WechatSignIn:
    """The account of whoever authorised, made or linked as needed.

    `current_user_id` is who is signed in in that browser: the same person, unless that account
    already has another openid at this appid, which means that somebody else holds the phone.
    Raises SnapshotRefused, AccountDisabled.
    """
    if person.is_snapshot or not person.openid:
        raise SnapshotRefused
    try:
        with transaction.atomic():
            return _sign_in(person, appid, current_user_id, now)
    except (_Moved, IntegrityError):
        # The same person did something else at the same moment; that is done by now.
        with transaction.atomic():
            return _sign_in(person, appid, current_user_id, now)


def holds_value(user: User) -> bool:
    """Whether anything would move with the account: a row that another app protects, or a store."""
    if user.is_staff or user.is_superuser:
        return True
    return any(rows.exists() for rows in rows_of_value(user))


def _sign_in(
    person: OAuthPerson, appid: str, current_user_id: int | None, now: datetime
) -> WechatSignIn:
    names = [f"openid:{appid}:{person.openid}"]
    if person.unionid:
        names.append(f"unionid:{person.unionid}")
    identities_lock(names)
    claims = _claims(person, appid, current_user_id)
    users = users_lock([pk for pk in claims if pk is not None])
    if _claims(person, appid, current_user_id) != claims:
        raise _Moved
    by_openid, by_union, current = (users.get(pk) if pk else None for pk in claims)
    if any(user is not None and not user.is_active for user in (by_openid, by_union)):
        raise AccountDisabled
    claimants = list(dict.fromkeys(u for u in (current, by_openid, by_union) if u is not None))
    if not claimants:
        user = User.objects.create_user(joined_at=now)
        _link(user, person, appid, now)
        return WechatSignIn(user, is_new=True, joined=False, conflict=False)
    valued = [user for user in claimants if holds_value(user)]
    keeper = valued[0] if len(valued) == 1 else claimants[0]
    joined = conflict = False
    for other in claimants:
        if other is keeper:
            continue
        if len(valued) > 1 or not _can_join(other, keeper):
            conflict = True
            _conflict(keeper, other, now)
        else:
            joined = True
            _join(other, keeper, now)
    owner = keeper if not conflict else by_openid or by_union or keeper
    _link(owner, person, appid, now)
    return WechatSignIn(keeper, is_new=False, joined=joined, conflict=conflict)


def _claims(
    person: OAuthPerson, appid: str, current_user_id: int | None
) -> tuple[int | None, int | None, int | None]:
    """The ids of the accounts that this may be: by openid, by unionid, and the one signed in."""
    identities = WechatIdentity.objects
    by_openid = (
        identities.filter(appid=appid, openid=person.openid)
        .values_list("user_id", flat=True)
        .first()
    )
    by_union = None
    if person.unionid:
        same = identities.filter(unionid=person.unionid).order_by("id")
        others = same if by_openid is None else same.exclude(user_id=by_openid)
        by_union = others.values_list("user_id", flat=True).first()
    if current_user_id is None:
        return by_openid, by_union, None
    held = identities.filter(user_id=current_user_id, appid=appid)
    somebody_else = held.exclude(openid=person.openid).exists()
    active = User.objects.filter(pk=current_user_id, is_active=True).exists()
    return by_openid, by_union, current_user_id if active and not somebody_else else None


def _link(user: User, person: OAuthPerson, appid: str, now: datetime) -> None:
    """The openid's row, and its unionid when it came later. An openid never changes hands here."""
    identity, made = WechatIdentity.objects.get_or_create(
        appid=appid,
        openid=person.openid,
        defaults={"user": user, "unionid": person.unionid, "linked_at": now},
    )
    if not made and person.unionid and identity.unionid != person.unionid:
        identity.unionid = person.unionid
        identity.save(update_fields=["unionid"])


def _can_join(other: User, keeper: User) -> bool:
    """An account has one openid per appid; two mean two WeChat accounts, which never merge."""
    appids = WechatIdentity.objects.filter(user=keeper).values("appid")
    return not WechatIdentity.objects.filter(user=other, appid__in=appids).exists()


def _join(other: User, keeper: User, now: datetime) -> None:
    """Fold an account that holds nothing of value into another one of the same person.

    What other apps keep of it (a cart, shares, choices) they move themselves, when they hear.
    """
    WechatIdentity.objects.filter(user=other).update(user=keeper)
    contact = {
        "phone": other.phone,
        "phone_index": other.phone_index,
        "phone_verified_at": other.phone_verified_at,
        "email": other.email,
        "nickname": other.nickname,
        "avatar": other.avatar,
    }
    other.phone, other.phone_index, other.phone_verified_at = "", None, None
    other.email, other.nickname, other.avatar, other.is_active = None, "", "", False
    other.set_unusable_password()
    other.save()
    if not keeper.phone_index and contact["phone_verified_at"]:
        keeper.phone = str(contact["phone"])
        keeper.phone_index = contact["phone_index"]  # type: ignore[assignment]
        keeper.phone_verified_at = contact["phone_verified_at"]  # type: ignore[assignment]
    keeper.email = keeper.email or contact["email"]  # type: ignore[assignment]
    if not keeper.nickname:
        keeper.nickname, keeper.avatar = str(contact["nickname"]), str(contact["avatar"])
    keeper.save()
    _move_papers(other, keeper)
    facts_record(PersonFolded(person_id=keeper.pk, folded_id=other.pk), now=now)


def _move_papers(other: User, keeper: User) -> None:
    """Consents and addresses are the person's: they come along; the keeper's defaults stay."""
    Consent.objects.bulk_create(
        [
            Consent(
                user=keeper,
                document=consent.document,
                version=consent.version,
                given_at=consent.given_at,
                withdrawn_at=consent.withdrawn_at,
            )
            for consent in Consent.objects.filter(user=other)
        ],
        ignore_conflicts=True,
    )
    addresses = Address.objects.filter(user=other, removed_at=None)
    if Address.objects.filter(user=keeper, removed_at=None, is_default=True).exists():
        addresses.update(is_default=False)
    addresses.update(user=keeper)
    mail = EmailAddress.objects.filter(user=other)
    if EmailAddress.objects.filter(user=keeper).exists():
        mail.delete()  # one at a time: whoever wants the other proves it again
    else:
        mail.update(user=keeper)


def _conflict(kept: User, other: User, now: datetime) -> None:
    """Leave it for staff, once per pair, whichever of the two was in use."""
    pair = Q(kept=kept, other=other) | Q(kept=other, other=kept)
    if not IdentityConflict.objects.filter(pair).exists():
        IdentityConflict.objects.create(kept=kept, other=other, found_at=now)
