"""Where a person's parcels go. At most LIMIT addresses each, exactly one of them the default."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.divisions import Region, UnknownRegion, region_resolve
from accounts.locks import user_lock
from accounts.models import Address
from accounts.text import phone_clean, required_clean
from core.crypto import blind_index

LIMIT = 20


class AddressRefused(Exception):
    """What is wrong, in words for the shopper, by field; "" for the whole."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True)
class _Clean:
    recipient: str
    phone: str
    street: str
    region: Region


def address_save(
    *,
    user_id: int,
    recipient: str,
    phone: str,
    province_code: str,
    city_code: str,
    district_code: str,
    street: str,
    now: datetime,
    is_default: bool = False,
    public_id: str | None = None,
) -> Address:
    """Add an address, or change the person's own one named by `public_id`.

    The first address becomes the default. `city_code` may be a district directly under its
    province, `district_code` is then empty. Raises AddressRefused: what is missing or wrong, field
    by field, too many, or no such address.
    """
    clean = _clean(recipient, phone, street, (province_code, city_code, district_code))
    with transaction.atomic():
        user_lock(user_id)
        mine = Address.objects.filter(user_id=user_id, removed_at=None)
        if public_id is None:
            if mine.count() >= LIMIT:
                raise AddressRefused({"": _("最多保存 %d 个地址，请先删除一个。") % LIMIT})
            address = Address(user_id=user_id, created_at=now)
        else:
            address = _own(user_id, public_id)
        is_default = is_default or address.is_default or not mine.filter(is_default=True).exists()
        if is_default:
            mine.exclude(pk=address.pk).filter(is_default=True).update(is_default=False)
        address.recipient, address.phone = clean.recipient, clean.phone
        address.phone_index = blind_index(clean.phone, purpose="address.phone")
        address.street, address.region = clean.street, clean.region.text
        address.province_code = clean.region.province_code
        address.city_code = clean.region.city_code
        address.district_code = clean.region.district_code
        address.is_default = is_default
        address.save()
        return address


def address_set_default(*, user_id: int, public_id: str) -> None:
    """Make one of the person's addresses the default. Raises AddressRefused for no such address."""
    with transaction.atomic():
        user_lock(user_id)
        address = _own(user_id, public_id)
        Address.objects.filter(user_id=user_id, is_default=True).update(is_default=False)
        address.is_default = True
        address.save(update_fields=["is_default"])


def address_remove(*, user_id: int, public_id: str, now: datetime) -> bool:
    """Forget one of the person's addresses; orders keep their own copy. False when it was gone.

    What it said is wiped, not just hidden. The newest of the others becomes the default.
    """
    with transaction.atomic():
        user_lock(user_id)
        mine = Address.objects.filter(user_id=user_id, removed_at=None)
        address = mine.filter(public_id=public_id).first()
        if address is None:
            return False
        was_default = address.is_default
        address.recipient = address.phone = address.street = address.phone_index = ""
        address.is_default, address.removed_at = False, now
        address.save()
        following = mine.order_by("-id").first() if was_default else None
        if following is not None:
            following.is_default = True
            following.save(update_fields=["is_default"])
        return True


def _own(user_id: int, public_id: str) -> Address:
    address = Address.objects.filter(user_id=user_id, public_id=public_id, removed_at=None).first()
    if address is None:
        raise AddressRefused({"": _("找不到这个收货地址，请返回列表重试。")})
    return address


def _clean(recipient: str, phone: str, street: str, codes: tuple[str, str, str]) -> _Clean:
    errors: dict[str, str] = {}
    region = Region("", "", "", "")
    try:
        recipient = required_clean(
            recipient,
            at_least=1,
            at_most=25,
            missing=_("请填写收货人姓名。"),
            long=_("收货人姓名最多 25 个字。"),
        )
    except ValidationError as error:
        errors["recipient"] = error.messages[0]
    try:
        phone = phone_clean(phone)
    except ValidationError as error:
        errors["phone"] = error.messages[0]
    try:
        region = region_resolve(*codes)
    except UnknownRegion:
        errors["region"] = _("请选择完整的省、市、区县。")
    try:
        street = required_clean(
            street,
            at_least=4,
            at_most=120,
            missing=_("请填写详细地址，例如街道、门牌号、楼栋房号。"),
            long=_("详细地址最多 120 个字。"),
        )
    except ValidationError as error:
        errors["street"] = error.messages[0]
    if errors:
        raise AddressRefused(errors)
    return _Clean(recipient, phone, street, region)
