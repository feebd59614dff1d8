"""What an order costs. The one calculator: checkout pages show it and placing charges it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.money import MAX_FEN, yuan

MIN_QUANTITY = 1
MAX_QUANTITY = 999


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


@dataclass(frozen=True)
class QuoteLine:
    """One line of a quote: `amount_fen` = `unit_price_fen` × `quantity`."""

    sku_id: int
    quantity: int
    list_price_fen: int
    unit_price_fen: int
    amount_fen: int


@dataclass(frozen=True)
class Quote:
    """What an order costs: payable = goods − discount + freight, exactly, in fen."""

    lines: tuple[QuoteLine, ...]
    goods_fen: int
    discount_fen: int
    freight_fen: int
    payable_fen: int


def quote(items: Sequence[PricedItem], *, freight_fen: int) -> Quote:
    """The cost of `items` from one store, which takes `freight_fen` once per order. Pure.

    Raises QuantityRefused, AmountRefused, and ValueError for what no caller may pass: no items, a
    SKU twice, a unit price below 1 fen, a negative freight.
    """
    if not items or len({item.sku_id for item in items}) != len(items):
        raise ValueError("an order has one line per SKU and at least one line")
    if freight_fen < 0 or any(item.unit_price_fen < 1 for item in items):
        raise ValueError("a price is at least 1 fen and freight is not negative")
    lines = tuple(_line(item) for item in items)
    goods_fen = sum(line.amount_fen for line in lines)
    discount_fen = 0
    payable_fen = goods_fen - discount_fen + freight_fen
    if payable_fen > MAX_FEN:
        raise AmountRefused
    return Quote(
        lines=lines,
        goods_fen=goods_fen,
        discount_fen=discount_fen,
        freight_fen=freight_fen,
        payable_fen=payable_fen,
    )


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
