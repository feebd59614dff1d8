"""What to buy, and what a campaign adds to buying it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from orders.models import Order


@dataclass(frozen=True)
class OrderItem:
    """What to buy. `unit_price_fen` is a campaign's price, or None for the list price."""

    sku_id: int
    quantity: int
    unit_price_fen: int | None = None


@dataclass(frozen=True)
class Offer:
    """What a campaign adds to placing an order.

    `ref` is the public id of what the order belongs to (a group). With `holds` the paid order may
    not ship before the campaign releases it. `pay_before` shortens the store's payment window.
    `takes` are the kinds of discounts that its price takes (`orders.pricing.KINDS`): none as a rule.
    `claim(order)` runs inside the transaction at its place in the lock sequence, after the
    payment and before the SKUs; it may raise, and then nothing was written.
    """

    kind: str
    ref: str
    claim: Callable[[Order], None]
    holds: bool = True
    pay_before: datetime | None = None
    takes: Collection[str] = ()
