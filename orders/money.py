"""Why an order's money is like this: how its price came about, and where every fen went.

Read from the rows themselves, not from sums that are kept: what does not add up is said, not hidden.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from core.money import yuan
from orders.amounts import line_paid_fen
from orders.models import Order, OrderAdjustment, OrderLine, OrderReprice
from payments.queries import BilledMoney, LedgerMove, billed_of, ledger_of, payments_of


@dataclass(frozen=True)
class PriceStep:
    """What adds to the price, or takes off it, in fen."""

    label: str
    amount_fen: int
    detail: str = ""


@dataclass(frozen=True)
class LineShare:
    """What a line cost in the end: its price, what was taken off it, its part of a changed price."""

    name: str
    amount_fen: int
    discount_fen: int
    adjust_fen: int
    rebate_fen: int
    paid_fen: int
    is_cancelled: bool


@dataclass(frozen=True)
class Attempt:
    """One attempt to pay."""

    number: str
    state: str
    channel: str
    amount_fen: int
    at: datetime
    transaction_id: str


@dataclass(frozen=True)
class Return:
    """Money on its way back, or back."""

    number: str
    reason: str
    state: str
    amount_fen: int
    provider_id: str
    error: str


@dataclass(frozen=True)
class MoneyStory:
    """All of it. `kept_fen` is what is with the merchant by the ledger; `troubles` is what does not
    add up, for a person to look at."""

    price: tuple[PriceStep, ...]
    payable_fen: int
    lines: tuple[LineShare, ...]
    attempts: tuple[Attempt, ...]
    returns: tuple[Return, ...]
    moves: tuple[LedgerMove, ...]
    billed: tuple[BilledMoney, ...]
    kept_fen: int
    troubles: tuple[str, ...]


def money_story(order: Order) -> MoneyStory:
    """An order's money, explained, in eight queries however many lines it has."""
    lines = list(order.lines.order_by("pk"))
    price = _price(order, lines)
    payments = payments_of(order.public_id)
    moves = ledger_of(order.public_id)
    billed = billed_of(order.public_id)
    kept_fen = sum(one.amount_fen for one in moves)
    returns = tuple(
        Return(
            number=refund.out_refund_no,
            reason=refund.get_reason_display(),
            state=refund.get_state_display(),
            amount_fen=refund.amount_fen,
            provider_id=refund.provider_refund_id,
            error=refund.error,
        )
        for payment in payments
        for refund in payment.refunds.all()
    )
    return MoneyStory(
        price=price,
        payable_fen=order.payable_fen,
        lines=tuple(_share(line) for line in lines),
        attempts=tuple(
            Attempt(
                number=payment.out_trade_no,
                state=payment.get_state_display(),
                channel=payment.get_channel_display(),
                amount_fen=payment.amount_fen,
                at=payment.paid_at or payment.opened_at,
                transaction_id=payment.transaction_id,
            )
            for payment in payments
        ),
        returns=returns,
        moves=moves,
        billed=billed,
        kept_fen=kept_fen,
        troubles=tuple(_troubles(order, price, lines, moves=moves, billed=billed)),
    )


def _price(order: Order, lines: list[OrderLine]) -> tuple[PriceStep, ...]:
    steps = []
    for line in lines:
        list_fen = line.list_price_fen * line.quantity
        each = _("单价 %(price)s 元 × %(count)d") % {
            "price": yuan(line.list_price_fen),
            "count": line.quantity,
        }
        steps.append(PriceStep(f"{line.title} {line.sku_name}", list_fen, each))
        if line.amount_fen != list_fen:
            said = _("活动价 %(price)s 元") % {"price": yuan(line.unit_price_fen)}
            steps.append(
                PriceStep(order.get_offer_kind_display(), line.amount_fen - list_fen, said)
            )
    steps += [
        PriceStep(one.label, -one.amount_fen, one.get_kind_display())
        for one in OrderAdjustment.objects.filter(order=order).order_by("pk")
    ]
    steps.append(PriceStep(_("运费"), order.freight_fen))
    reprice = OrderReprice.objects.filter(order=order, applied_at__isnull=False).first()
    if order.adjust_fen or reprice:
        said = str(reprice) if reprice else ""
        steps.append(PriceStep(_("商家改价"), order.adjust_fen, said))
    return tuple(steps)


def _share(line: OrderLine) -> LineShare:
    return LineShare(
        name=str(line),
        amount_fen=line.amount_fen,
        discount_fen=line.discount_fen,
        adjust_fen=line.adjust_fen,
        rebate_fen=line.rebate_fen,
        paid_fen=line_paid_fen(line),
        is_cancelled=line.cancelled_at is not None,
    )


def _troubles(
    order: Order,
    price: tuple[PriceStep, ...],
    lines: list[OrderLine],
    *,
    moves: tuple[LedgerMove, ...],
    billed: tuple[BilledMoney, ...],
) -> list[str]:
    found = []
    total_fen = sum(step.amount_fen for step in price)
    if total_fen != order.payable_fen:
        found.append(
            _("各项相加是 %(sum)s 元，应付却是 %(payable)s 元。")
            % {"sum": yuan(total_fen), "payable": yuan(order.payable_fen)}
        )
    shares_fen = sum(line_paid_fen(line) + line.rebate_fen for line in lines) + order.freight_fen
    # A change of price may reach into the freight, which belongs to no line.
    if not order.adjust_fen and shares_fen != order.payable_fen:
        found.append(
            _("各商品分摊加运费是 %(sum)s 元，应付却是 %(payable)s 元。")
            % {"sum": yuan(shares_fen), "payable": yuan(order.payable_fen)}
        )
    kept_fen = sum(one.amount_fen for one in moves)
    if not 0 <= kept_fen <= max(order.payable_fen, 0) and not any(
        one.amount_fen > 0 for one in moves[1:]
    ):
        found.append(_("商家留有 %(kept)s 元，超出了订单金额。") % {"kept": yuan(kept_fen)})
    found += [
        _("与微信账单不符：%(what)s") % {"what": one.difference} for one in billed if one.difference
    ]
    return found
