"""Reads of people. Personal data is decrypted here and handed on to its owner's pages only."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.documents import BASIC, VERSIONS
from accounts.models import Address, Consent, User, WechatIdentity
from accounts.text import phone_clean
from core.crypto import decrypt, mask_name, mask_phone
from core.prepared import Prepared

# By hand, because every order reads it (docs/decisions/0002-hot-reads-by-hand.md).
_NAMED = Prepared(
    "accounts_address_named",
    """
    SELECT recipient, phone, street, region, province_code, city_code, district_code
    FROM accounts_address
    WHERE user_id = %(user)s AND public_id = %(address)s AND removed_at IS NULL
    """,
)

_AGREED = Prepared(
    "accounts_consents_agreed",
    """
    SELECT document, version
    FROM accounts_consent
    WHERE user_id = %(user)s AND withdrawn_at IS NULL
    """,
)


class AddressNotFound(Exception):
    """The person has no such address (any more)."""

    def __init__(self) -> None:
        super().__init__(_("找不到这个收货地址，请重新选择。"))


@dataclass(frozen=True)
class AddressSnapshot:
    """An address as an order keeps it, in plain text."""

    recipient: str
    phone: str
    region: str
    street: str
    province_code: str
    city_code: str
    district_code: str


@dataclass(frozen=True)
class AddressCard:
    """One of a person's own addresses, as a list shows it."""

    public_id: str
    recipient: str
    masked_phone: str
    region: str
    street: str
    is_default: bool
    province_code: str = ""


@dataclass(frozen=True)
class Profile:
    """What other shoppers may see of a person who agreed to be shown."""

    name: str
    avatar: str


def address_for_order(user_id: int, public_id: str) -> AddressSnapshot:
    """The person's own address for an order. Raises AddressNotFound, also for somebody else's."""
    found = address_named(user_id, public_id)
    if not found:
        raise AddressNotFound
    return found[public_id]


def address_named(user_id: int, public_id: str) -> dict[str, AddressSnapshot]:
    """The person's own address by its public id; empty for somebody else's, or what is no id."""
    is_id = public_id.isascii() and public_id.replace("_", "").isalnum()
    row = _NAMED.row({"user": user_id, "address": public_id}) if is_id else None
    if row is None:
        return {}
    recipient, phone, street, *rest = row
    return {
        public_id: AddressSnapshot(
            decrypt(recipient), decrypt(phone), rest[0], decrypt(street), *rest[1:]
        )
    }


def addresses_of(user_id: int) -> tuple[AddressCard, ...]:
    """The person's addresses: the default first, then the newest."""
    rows = Address.objects.filter(user_id=user_id, removed_at=None).order_by("-is_default", "-id")
    return tuple(
        AddressCard(
            public_id=row.public_id,
            recipient=row.recipient,
            masked_phone=mask_phone(row.phone),
            region=row.region,
            street=row.street,
            is_default=row.is_default,
            province_code=row.province_code,
        )
        for row in rows
    )


def openid_of(user_id: int, appid: str) -> str | None:
    """The person's openid at that appid: WeChat Pay wants the one of the appid that pays."""
    return (
        WechatIdentity.objects.filter(user_id=user_id, appid=appid)
        .values_list("openid", flat=True)
        .first()
    )


def verified_email_of(user_id: int) -> str:
    """The address that the person has proved to be theirs; empty without one."""
    rows = EmailAddress.objects.filter(user_id=user_id, verified=True)
    return rows.order_by("-primary", "pk").values_list("email", flat=True).first() or ""


def has_profile_consent(user_id: int) -> bool:
    """Whether groups' pages may show the person, by any version of that text."""
    document = Consent.Document.GROUP_PROFILE
    return Consent.objects.filter(user_id=user_id, document=document, withdrawn_at=None).exists()


def has_basic_consent(user_id: int) -> bool:
    """Whether the person agreed to the present agreement and privacy text."""
    given = set(_AGREED.rows({"user": user_id}))
    return all((document, VERSIONS[document]) in given for document in BASIC)


def document_version(document: str) -> str:
    """The version of a text that people are asked to agree to now."""
    return VERSIONS[document]


def is_default_address(user_id: int, public_id: str) -> bool:
    """Whether it is the person's default address."""
    return Address.objects.filter(
        user_id=user_id, public_id=public_id, is_default=True, removed_at=None
    ).exists()


def signed_in_id(request: HttpRequest) -> int:
    """Who asks, in a view that lets nobody in who is not signed in."""
    assert request.user.pk is not None
    return request.user.pk


def user_id_by_phone(text: str) -> int | None:
    """Whose own phone that is, however it is typed. It tells who has an account: ask on behalf of
    somebody who knows the person already."""
    try:
        index = User.index_phone(phone_clean(text))
    except ValidationError:
        return None
    return User.objects.filter(phone_index=index).values_list("pk", flat=True).first()


def user_id_by_name(text: str) -> int | None:
    """Whose e-mail, phone or public id that is, for the platform's staff."""
    text = text.strip()
    named = Q(email=text.lower()) | Q(public_id=text)
    if (by_phone := user_id_by_phone(text)) is not None:
        named |= Q(pk=by_phone)
    return User.objects.filter(named, is_active=True).values_list("pk", flat=True).first()


def rows_of_value(user: User) -> Iterator[models.QuerySet[Any]]:
    """What would move with the account: rows of other apps that protect it (on_delete PROTECT), so
    that an upper app is heard without being known."""
    for relation in User._meta.related_objects:
        model = relation.related_model
        if relation.on_delete is models.PROTECT and model._meta.app_label != "accounts":  # type: ignore[union-attr]
            yield model._base_manager.filter(**{relation.field.name: user.pk})  # type: ignore[union-attr]


def holdings_of(user: User) -> dict[str, int]:
    """How many rows of value an account holds, by what they are called."""
    found: dict[str, int] = {}
    for rows in rows_of_value(user):
        if count := rows.count():
            name = str(rows.model._meta.verbose_name_plural)
            found[name] = found.get(name, 0) + count
    return found


def profiles(user_ids: set[int]) -> dict[int, Profile]:
    """Public faces by user id, in one query: a masked name and an avatar, each maybe empty.

    The caller shows them only for people who agreed to it where they are shown.
    """
    rows = User.objects.filter(pk__in=user_ids).values_list("id", "nickname", "avatar")
    return {pk: Profile(mask_name(nickname), avatar) for pk, nickname, avatar in rows}
