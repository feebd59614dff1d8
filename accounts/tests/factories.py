"""The cast: people and their addresses, made through the services."""

from itertools import count
from typing import Any

from accounts.documents import BASIC, VERSIONS
from accounts.models import Address, User
from accounts.services import address_save, consent_give
from core import clock

_numbers = count(1)

APPID = "wx0000000000000001"


def user_make(*, agreed: bool = True, **fields: Any) -> User:
    """A person; who agreed to the texts unless said otherwise."""
    if fields.get("phone") == "auto":
        fields["phone"] = phone_make()
    user = User.objects.create_user(**fields)
    if agreed:
        for document in BASIC:
            consent_give(
                user_id=user.pk, document=document, version=VERSIONS[document], now=clock.now()
            )
    return user


def phone_make() -> str:
    """A mobile number that nobody else in the test has."""
    return f"139{next(_numbers):08d}"


def address_make(user: User, **changes: Any) -> Address:
    """An address in 山西省 吕梁市 离石区."""
    fields: dict[str, Any] = {
        "recipient": "王小明",
        "phone": "13812345678",
        "province_code": "140000",
        "city_code": "141100",
        "district_code": "141102",
        "street": "滨河北中路 8 号 2 单元 301",
        "now": clock.now(),
    } | changes
    return address_save(user_id=user.pk, **fields)
