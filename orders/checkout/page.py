"""The checkout page of one SKU: what `orders.pricing.quote` says of what is marked on it."""

from dataclasses import dataclass, field, replace

from django.forms import BoundField

from accounts.consent_box import agree_box
from accounts.queries import AddressCard, addresses_of
from core import clock
from orders.adjusters import Asked, Wish, discounts_and_wishes
from orders.checkout.typed import Typed
from orders.checkout.wares import Choice, ForSale, Refusal
from orders.exemption import notice, wording
from orders.forms import NOTE_MAX, POST
from orders.freights import OrderFreight, freight_of
from orders.pricing import AmountRefused, PricedItem, Quote, quote
from orders.services import OrderRefused
from stores.queries import PickupPlace


@dataclass(frozen=True)
class CheckoutPage:
    """All that the template reads. `consent` is the box to tick, for whoever has not agreed yet."""

    wares: ForSale
    typed: Typed
    chosen: Choice
    quantity: int
    quote: Quote
    addresses: tuple[AddressCard, ...]
    form_key: str
    note_max: int = NOTE_MAX
    places: tuple[PickupPlace, ...] = ()
    wishes: tuple[Wish, ...] = ()
    freight_depends: bool = False
    not_delivered: str = ""
    exemption: str = ""
    exempt_notice: str = ""
    consent: BoundField | None = None
    errors: dict[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None

    @property
    def on_screen(self) -> bool:
        """Nothing is sent, so nothing is asked about it."""
        return self.chosen.sku.is_digital


def page_of(
    wares: ForSale,
    typed: Typed,
    *,
    buyer_id: int,
    form_key: str,
    asks_consent: bool = False,
    errors: dict[str, str] | None = None,
    refusal: Refusal | None = None,
) -> CheckoutPage:
    """The page for what is typed. One piece is shown of what is too much for one payment."""
    errors = errors or {}
    chosen = wares.chosen(typed.sku)
    quantity = typed.pieces(wares.limit)
    addresses, places = addresses_of(buyer_id), wares.places
    typed = typed.marked(chosen.sku.public_id, addresses, places)
    if places:
        typed = typed.with_contact(buyer_id)
    freight = freight_of(
        wares.store.freight_fen,
        [chosen.sku],
        province=_province(typed, addresses),
        is_posted=typed.delivery == POST and not chosen.sku.is_digital,
    )
    asked = _asked(wares, typed, chosen, quantity, freight=freight, buyer_id=buyer_id)
    try:
        cost, wishes = _quote(asked)
    except AmountRefused as error:
        quantity, refusal = 1, refusal or Refusal(str(error))
        asked = _asked(wares, typed, chosen, quantity, freight=freight, buyer_id=buyer_id)
        cost, wishes = _quote(asked)
    return CheckoutPage(
        wares=wares,
        typed=typed,
        chosen=chosen,
        quantity=quantity,
        quote=cost,
        addresses=addresses,
        form_key=form_key,
        places=places,
        wishes=wishes,
        freight_depends=freight.depends_on_address,
        not_delivered=freight.refusal,
        exemption=wording(chosen.sku),
        exempt_notice=notice(chosen.sku),
        consent=agree_box(ticked=typed.agrees_to_texts, refused="agree" in errors)
        if asks_consent
        else None,
        errors=errors,
        refusal=refusal,
    )


def _asked(
    wares: ForSale,
    typed: Typed,
    choice: Choice,
    quantity: int,
    *,
    freight: OrderFreight,
    buyer_id: int,
) -> Asked:
    item = PricedItem(choice.sku.id, quantity, choice.sku.price_fen, choice.unit_price_fen)
    return Asked(buyer_id, wares.store_id, (item,), freight, wishes=typed.wishes, takes=wares.takes)


def _quote(asked: Asked) -> tuple[Quote, tuple[Wish, ...]]:
    """What placing would charge, and what else there is to choose.

    A wish that cannot be granted is left out: placing says why.
    """
    try:
        discounts, wishes = discounts_and_wishes(asked, now=clock.now())
    except OrderRefused:
        asked = replace(asked, wishes={})
        discounts, wishes = discounts_and_wishes(asked, now=clock.now())
    return quote(asked.items, freight=asked.freight, discounts=discounts), wishes


def _province(typed: Typed, addresses: tuple[AddressCard, ...]) -> str:
    """Where the marked address is; "" without one."""
    marked = (one.province_code for one in addresses if one.public_id == typed.address)
    return next(marked, "")
