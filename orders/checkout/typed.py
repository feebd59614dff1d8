"""What stands in the fields of a checkout of one SKU."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from accounts.queries import AddressCard, address_for_order
from orders.forms import POST
from orders.pricing import KINDS
from stores.queries import PickupPlace

# What a detour keeps, and a form that tries again.
KEPT = (
    *("sku", "quantity", "delivery", "address", "recipient", "phone", "note"),
    *("shows_profile", "agrees", "agree"),
    *(f"wish_{kind}" for kind in KINDS),
    *(f"auto_{kind}" for kind in KINDS),
)


@dataclass(frozen=True)
class Typed:
    """What stands in the form's fields, valid or not. `agrees` is about goods that are not taken
    back, `agrees_to_texts` about the agreement and the privacy text. `wishes` are the discounts that
    the shopper chose; what the page had chosen by itself is none."""

    sku: str
    quantity: str
    address: str
    note: str
    shows_profile: bool
    agrees: bool = False
    agrees_to_texts: bool = False
    delivery: str = POST
    recipient: str = ""
    phone: str = ""
    wishes: Mapping[str, str] = field(default_factory=dict)

    def pieces(self, limit: int) -> int:
        """The quantity to show a price for; what can't be read counts as one."""
        digits = self.quantity.strip()
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 6:
            return 1
        return min(max(int(digits), 1), limit)

    def marked(
        self, sku: str, addresses: tuple[AddressCard, ...], places: tuple[PickupPlace, ...]
    ) -> "Typed":
        """The same with this SKU, and with what is marked where nothing of one's own is: the first
        address, the carrier."""
        known = [address.public_id for address in addresses]
        address = self.address if self.address in known else (known[0] if known else "")
        has_place = self.delivery in [place.public_id for place in places]
        return replace(
            self, sku=sku, address=address, delivery=self.delivery if has_place else POST
        )

    def with_contact(self, buyer_id: int) -> "Typed":
        """The same with whom to ask for at the counter: as the marked address says until one types."""
        if self.recipient or self.phone or not self.address:
            return self
        usual = address_for_order(buyer_id, self.address)
        return replace(self, recipient=usual.recipient, phone=usual.phone)


def typed_read(data: Mapping[str, str]) -> Typed:
    """The fields as they were sent, or as an address asks for them."""
    return Typed(
        sku=data.get("sku", "") or "",
        quantity=data.get("quantity", "") or "1",
        address=data.get("address", "") or "",
        note=data.get("note", "") or "",
        shows_profile=bool(data.get("shows_profile")),
        agrees=bool(data.get("agrees")),
        agrees_to_texts=bool(data.get("agree")),
        delivery=data.get("delivery", "") or POST,
        recipient=(data.get("recipient", "") or "")[:100],
        phone=(data.get("phone", "") or "")[:40],
        # What the page chose by itself is chosen anew: with another quantity another may be best.
        wishes={
            kind: value
            for kind, value in wishes_of(data).items()
            if value != data.get(f"auto_{kind}")
        },
    )


def wishes_of(data: Mapping[str, str]) -> dict[str, str]:
    """The discounts that the shopper chose in a form: `wish_coupon` and the like."""
    return {kind: str(data[f"wish_{kind}"])[:64] for kind in KINDS if data.get(f"wish_{kind}")}
