"""What upper apps take off an order's price: they register here, and placing asks them.

The one place where a lower app wants an upper one's opinion at once. `discounts` only reads, so
cart and checkout may ask as often as they like; `claim` spends what the order really used, inside
placing's transaction, between the payment and the campaign's quota.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from orders.pricing import KINDS, Adjustment, Discount, Freight, PricedItem, Quote, quote


@dataclass(frozen=True)
class Asked:
    """An order that may be placed. `wishes` holds by kind what the shopper chose: a coupon's id.

    An adjuster that chooses takes what leaves least to pay, freight included, and nothing when
    nothing makes it less: a discount may cost more in freight than it takes off, or a later one.
    `takes` are the kinds that its price takes: a campaign may take few or none. `before` is what
    earlier kinds offer: a minimum is compared with what they leave. `instead` is what else they might
    do: whichever leaves least to pay is taken.
    """

    buyer_id: int
    store_id: int
    items: tuple[PricedItem, ...]
    freight: Freight
    wishes: Mapping[str, str] = field(default_factory=dict)
    takes: Collection[str] = KINDS
    before: tuple[Discount, ...] = ()
    instead: tuple[tuple[Discount, ...], ...] = ()

    def each(self) -> list["Asked"]:
        """The order with each of the ways that earlier kinds might do."""
        ways = (self.before, *self.instead)
        return [replace(self, before=way, instead=()) for way in ways]

    def cost(self, *more: Discount) -> Quote:
        """What the order costs with the discounts `before` and these. Raises as `quote`."""
        return quote(self.items, freight=self.freight, discounts=(*self.before, *more))


# The value of a wish that says: none of them.
NO_WISH = "none"


@dataclass(frozen=True)
class WishOption:
    """Something that the shopper may choose, or may not for a `reason`."""

    value: str
    label: str
    detail: str = ""
    off_fen: int = 0
    reason: str = ""
    is_chosen: bool = False
    is_best: bool = False


@dataclass(frozen=True)
class Wish:
    """A choice at the checkout, sent back as `wish_<kind>`; `automatic` is what no wish stands for."""

    kind: str
    title: str
    explained: str
    automatic: str
    options: tuple[WishOption, ...]


class Adjuster(Protocol):
    """A reason for discounts; `kind` is one of `orders.pricing.KINDS`."""

    kind: str

    def discounts(self, asked: Asked, *, now: datetime) -> Sequence[Discount]:
        """What may come off this order. Raises OrderRefused for a wish that cannot be granted."""

    def claim(self, asked: Asked, adjustment: Adjustment, *, order_id: int, now: datetime) -> None:
        """Spend what the adjustment stands for, once. Raises OrderRefused when it is gone."""


@runtime_checkable
class Weighed(Protocol):
    """A reason for discounts that nobody chooses and nothing is spent on: an order does without one
    where the kinds after it then take more off."""

    kind: str

    def ways(self, asked: Asked, *, now: datetime) -> Sequence[tuple[Discount, ...]]:
        """What may come off this order, one of these; of equal ones the first."""

    def claim(self, asked: Asked, adjustment: Adjustment, *, order_id: int, now: datetime) -> None:
        """As an Adjuster's."""


@runtime_checkable
class Chooser(Adjuster, Protocol):
    """An adjuster that lets the shopper choose."""

    def wish(self, asked: Asked, *, now: datetime) -> Wish | None:
        """What there is to choose from; None when there is nothing. Only reads."""


_adjusters: dict[str, Adjuster | Weighed] = {}


def adjuster_register(adjuster: Adjuster | Weighed) -> None:
    """From an app's `ready()`: one adjuster of a kind."""
    _adjusters[adjuster.kind] = adjuster


def discounts_for(asked: Asked, *, now: datetime) -> list[Discount]:
    """What all adjusters offer, each told what the kinds before it do. Raises OrderRefused."""
    return discounts_and_wishes(asked, now=now, with_wishes=False)[0]


def discounts_and_wishes(
    asked: Asked, *, now: datetime, with_wishes: bool = True
) -> tuple[list[Discount], tuple[Wish, ...]]:
    """What comes off, and what the shopper can choose instead. Raises OrderRefused."""
    ways: list[tuple[Discount, ...]] = [()]
    wishes: list[Wish] = []
    for kind in KINDS:
        adjuster = _adjusters.get(kind)
        if adjuster is None or kind not in asked.takes:
            continue
        if isinstance(adjuster, Weighed):
            told = [(way, adjuster.ways(replace(asked, before=way), now=now)) for way in ways]
            ways = _least_first(asked, [(*way, *more) for way, others in told for more in others])
            continue
        found = tuple(adjuster.discounts(_beside(asked, ways), now=now))
        ways = _least_first(asked, ways, more=found)
        if with_wishes and isinstance(adjuster, Chooser):
            wish = adjuster.wish(_beside(asked, ways), now=now)
            wishes += [wish] if wish else []
        ways = [(*way, *found) for way in ways]
    return list(ways[0]), tuple(wishes)


def _beside(asked: Asked, ways: Sequence[tuple[Discount, ...]]) -> Asked:
    return replace(asked, before=ways[0], instead=tuple(ways[1:]))


def _least_first(
    asked: Asked, ways: list[tuple[Discount, ...]], *, more: tuple[Discount, ...] = ()
) -> list[tuple[Discount, ...]]:
    """By what is to be paid with `more`; of equal ones the first stays first."""
    if len(ways) == 1:
        return ways
    plain = replace(asked, before=(), instead=())
    return sorted(ways, key=lambda way: plain.cost(*way, *more).payable_fen)


def adjustments_claim(
    asked: Asked, adjustments: Sequence[Adjustment], *, order_id: int, now: datetime
) -> None:
    """Spend what an order uses, in the order of kinds. Raises OrderRefused."""
    for adjustment in adjustments:
        _adjusters[adjustment.kind].claim(asked, adjustment, order_id=order_id, now=now)
