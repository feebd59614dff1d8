"""Where an order goes: to an address, to a place where the buyer fetches it, or to a screen."""

import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any

from accounts.queries import AddressSnapshot
from core.crypto import blind_index
from orders.models import Order
from stores.queries import PickupPlace

CODE_LENGTH = 12


@dataclass(frozen=True)
class Destination(AddressSnapshot):
    """An address with how the order gets there; an address alone means by carrier."""

    delivery: str = Order.Delivery.POST.value
    pickup_ref: str = ""


def delivery_of(address: AddressSnapshot) -> str:
    """One of Order.Delivery."""
    return address.delivery if isinstance(address, Destination) else Order.Delivery.POST.value


def fetched_at(place: PickupPlace, *, recipient: str, phone: str) -> Destination:
    """The buyer fetches it: the place's address, and whom to ask for."""
    return Destination(
        recipient=recipient,
        phone=phone,
        region=f"{place.region} {place.name}"[:100],
        street=place.street,
        province_code="",
        city_code="",
        district_code="",
        delivery=Order.Delivery.PICKUP.value,
        pickup_ref=place.public_id,
    )


def on_screen() -> Destination:
    """Nothing is sent, so nothing is asked."""
    return Destination("", "", "", "", "", "", "", delivery=Order.Delivery.DIGITAL.value)


def delivery_fields(address: AddressSnapshot) -> dict[str, Any]:
    """What an order keeps of how it gets there; a code of its own for one that is fetched."""
    fields: dict[str, Any] = {"delivery": delivery_of(address)}
    if isinstance(address, Destination) and address.pickup_ref:
        fields["pickup_ref"] = address.pickup_ref
        fields["pickup_code"] = "".join(secrets.choice("0123456789") for _ in range(CODE_LENGTH))
    return fields


def street_index(address: AddressSnapshot) -> str:
    """What everything that is sent to the same place is found by, however its street was typed; ""
    for what is not sent."""
    if delivery_of(address) != Order.Delivery.POST:
        return ""
    plain = unicodedata.normalize("NFKC", f"{address.region}{address.street}").casefold()
    return blind_index("".join(one for one in plain if one.isalnum()), purpose="order.street")
