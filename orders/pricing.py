"""What an order costs. The one calculator: checkout pages show it and placing charges it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from django.utils.translation import gettext as _

from core.money import MAX_FEN, split, yuan

MIN_QUANTITY = 1
MAX_QUANTITY = 999
# Member price, full reduction (满减), coupon, points: each applies to what the ones before it left.
KINDS = ("member", "reduction", "coupon", "points")
# What a campaign's price takes when the campaign says that it takes any.
CAMPAIGN_KINDS = ("coupon", "points")


class QuantityRefused(Exception):
    """A quantity that cannot be ordered; the message says what can."""

    def __init__(self, quantity: int) -> None:
        self.quantity = quantity
        super().__init__(
            _("购买数量须在 %(low)d 到 %(high)d 之间。")
            % {"low": MIN_QUANTITY, "high": MAX_QUANTITY}
        )


class AmountRefused(Exception):
    """More money than one payment can carry."""

    def __init__(self) -> None:
        super().__init__(_("单笔订单金额超过上限，请减少数量或分开下单。"))


class PriceChanged(Exception):
    """The price is not the one that was shown: ask again, never charge silently."""

    def __init__(self, shown_fen: int, now_fen: int) -> None:
        self.shown_fen, self.now_fen = shown_fen, now_fen
        super().__init__(
            _("应付金额已从 ¥%(shown)s 变为 ¥%(now)s，请确认后重新提交。")
            % {"shown": yuan(shown_fen), "now": yuan(now_fen)}
        )


@dataclass(frozen=True)
class PricedItem:
    """What is to be bought, at the prices that apply now."""

    sku_id: int
    quantity: int
    list_price_fen: int
    unit_price_fen: int


class Discount(Protocol):
    """A reason why an order costs less. Frozen data: asking it twice gives the same answer."""

    @property
    def kind(self) -> str:
        """One of KINDS, which is also the order in which discounts apply."""

    @property
    def reference(self) -> str:
        """The public id of what gives it."""

    @property
    def label(self) -> str:
        """Its name, for shopper and merchant."""

    @property
    def sku_ids(self) -> frozenset[int] | None:
        """The SKUs that it is for; None for all."""

    def off_fen(self, eligible_fen: int) -> int:
        """What it takes off goods that cost so much by now; 0 when they are too few for it."""


@dataclass(frozen=True)
class Adjustment:
    """What one discount took off, altogether and off each line."""

    kind: str
    reference: str
    label: str
    amount_fen: int
    by_line: tuple[int, ...]


@dataclass(frozen=True)
class QuoteLine:
    """One line of a quote: `amount_fen` = `unit_price_fen` × `quantity`, before discounts."""

    sku_id: int
    quantity: int
    list_price_fen: int
    unit_price_fen: int
    amount_fen: int
    discount_fen: int = 0


class Freight(Protocol):
    """What sending costs. Frozen data, as a discount is."""

    def fen(self, lines: Sequence[QuoteLine]) -> int:
        """The fee for these lines, in fen; not less when their discounts are larger."""


@dataclass(frozen=True)
class Quote:
    """What an order costs: payable = goods − discount + freight, exactly, in fen.

    The discount is the sum of the adjustments, and of the lines' discounts.
    """

    lines: tuple[QuoteLine, ...]
    goods_fen: int
    discount_fen: int
    freight_fen: int
    payable_fen: int
    adjustments: tuple[Adjustment, ...] = ()


def quote(
    items: Sequence[PricedItem],
    *,
    freight_fen: int = 0,
    freight: Freight | None = None,
    discounts: Sequence[Discount] = (),
) -> Quote:
    """The cost of `items` from one store, which takes `freight_fen` once per order, or
    what `freight` says of the lines as they are after every discount. Pure.

    Discounts apply in the order of KINDS to what the ones before them left, and are split to the
    lines by largest remainder, of equal ones to the lower SKU id: the order of `items` costs nothing.
    One that takes nothing off is left out. At least 1 fen stays to be paid. Raises QuantityRefused, AmountRefused, and ValueError for what no caller may pass: no
    items, a SKU twice, a unit price below 1 fen, a negative freight, an unknown kind.
    """
    if not items or len({item.sku_id for item in items}) != len(items):
        raise ValueError("an order has one line per SKU and at least one line")
    if freight_fen < 0 or any(item.unit_price_fen < 1 for item in items):
        raise ValueError("a price is at least 1 fen and freight is not negative")
    lines = tuple(_line(item) for item in items)
    goods_fen = sum(line.amount_fen for line in lines)
    # Freight is not less after discounts than before them, so at least 1 fen stays in any case.
    least_fen = freight.fen(lines) if freight else freight_fen
    adjustments = _adjust(lines, discounts, most_fen=goods_fen + least_fen - 1)
    discount_fen = sum(adjustment.amount_fen for adjustment in adjustments)
    off = [sum(parts) for parts in zip(*(one.by_line for one in adjustments), strict=True)]
    if off:
        lines = tuple(
            replace(line, discount_fen=less) for line, less in zip(lines, off, strict=True)
        )
    freight_fen = freight.fen(lines) if freight else freight_fen
    payable_fen = goods_fen - discount_fen + freight_fen
    if payable_fen > MAX_FEN:
        raise AmountRefused
    return Quote(
        lines=lines,
        goods_fen=goods_fen,
        discount_fen=discount_fen,
        freight_fen=freight_fen,
        payable_fen=payable_fen,
        adjustments=adjustments,
    )


def _adjust(
    lines: Sequence[QuoteLine], discounts: Sequence[Discount], *, most_fen: int
) -> tuple[Adjustment, ...]:
    # `split` gives an odd fen by position, and a minimum may hang on that fen.
    ranks = sorted(range(len(lines)), key=lambda rank: lines[rank].sku_id)
    lines = [lines[rank] for rank in ranks]
    left = [line.amount_fen for line in lines]
    adjustments = []
    for discount in sorted(discounts, key=lambda one: (KINDS.index(one.kind), one.reference)):
        weights = [
            fen if discount.sku_ids is None or line.sku_id in discount.sku_ids else 0
            for line, fen in zip(lines, left, strict=True)
        ]
        off_fen = min(discount.off_fen(sum(weights)), sum(weights), most_fen)
        if off_fen <= 0:
            continue
        parts = split(off_fen, weights)
        left = [fen - part for fen, part in zip(left, parts, strict=True)]
        most_fen -= off_fen
        by_line = tuple(part for _rank, part in sorted(zip(ranks, parts, strict=True)))
        adjustments.append(
            Adjustment(discount.kind, discount.reference, discount.label, off_fen, by_line)
        )
    return tuple(adjustments)


def _line(item: PricedItem) -> QuoteLine:
    if not MIN_QUANTITY <= item.quantity <= MAX_QUANTITY:
        raise QuantityRefused(item.quantity)
    return QuoteLine(
        sku_id=item.sku_id,
        quantity=item.quantity,
        list_price_fen=item.list_price_fen,
        unit_price_fen=item.unit_price_fen,
        amount_fen=item.unit_price_fen * item.quantity,
    )
