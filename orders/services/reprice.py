"""The merchant changes the price of an unpaid order, once.

The money of the old price may be under way, so the live attempt is closed at WeChat first. Asking
(`order_price_ask`) and applying (when `payment.closed` arrives) are apart, as closing an order is:
what was asked is stored, and a process killed in between changes nothing.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.facts import facts_record
from core.money import MAX_FEN, split
from orders.amounts import line_paid_fen
from orders.events import OrderRepriceAsked, OrderRepriced
from orders.locks import order_lock, order_lock_by_ref
from orders.models import Order, OrderLine, OrderReprice
from orders.states import OrderState
from payments.queries import payment_live, payment_succeeded, payments_of, takes_payments
from payments.services import payment_begin_close, payment_reopen


class RepriceRefused(Exception):
    """The price cannot be changed; the message says why, for the merchant."""


def order_price_ask(*, order_id: int, payable_fen: int, by_id: int | None, now: datetime) -> bool:
    """Ask for a new price, `payable_fen` ≥ 1 in all; True when it holds already, False while WeChat
    is closing the old attempt (within seconds).

    Raises RepriceRefused for an order that is paid, closing or a campaign's, whose price was
    changed before, or that already costs that much.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        if (refusal := _refusal(order, payable_fen, now=now)) is not None:
            raise RepriceRefused(refusal)
        reprice = OrderReprice.objects.create(
            store_id=order.store_id,
            order=order,
            before_fen=order.payable_fen,
            after_fen=payable_fen,
            by_id=by_id,
            asked_at=now,
        )
        payment_begin_close(order_ref=order.public_id, now=now)
        live = payment_live(order.public_id)
        if live is not None and (live.closing_at is None or live.switch_to):
            # A switch of channel came between: its successor is the one to close.
            payment_begin_close(order_ref=order.public_id, now=now)
        applied = _apply_if_closed(order, reprice, now=now)
        if not applied:
            facts_record(OrderRepriceAsked.of(order), now=now)
        return applied


def order_price_settle(*, order_ref: str, now: datetime) -> bool:
    """A payment closed: apply the price that was asked for, if that is what it closed for."""
    waiting = OrderReprice.objects.filter(order__public_id=order_ref, applied_at=None)
    if not waiting.exists():
        return False
    with transaction.atomic():
        order = order_lock_by_ref(order_ref)
        reprice = waiting.first()
        if order is None or reprice is None:
            return False
        return _apply_if_closed(order, reprice, now=now)


def _apply_if_closed(order: Order, reprice: OrderReprice, *, now: datetime) -> bool:
    """Needs the order's lock. Nothing while the old price may still be paid, or was."""
    if (
        order.state != OrderState.AWAITING_PAYMENT
        or order.close_requested_at is not None
        or now >= order.pay_before
        or payment_live(order.public_id)
        or payment_succeeded(order.public_id)
    ):
        return False
    old = payments_of(order.public_id)[-1]
    _share(order, reprice.after_fen - order.payable_fen)
    # At the account of the first attempt: the store may have switched it off meanwhile.
    payment_reopen(old, channel="", amount_fen=order.payable_fen, now=now)
    reprice.applied_at = now
    reprice.save(update_fields=["applied_at"])
    facts_record(OrderRepriced.of(order), now=now)
    return True


def _share(order: Order, adjust_fen: int) -> None:
    """The difference belongs to the lines by what they cost; what is more than they cost comes off
    the freight."""
    lines = list(order.lines.order_by("pk"))
    costs = [line_paid_fen(line) for line in lines]
    if any(costs):
        shares = split(max(adjust_fen, -sum(costs)), costs)
        for line, share in zip(lines, shares, strict=True):
            line.adjust_fen = share
        OrderLine.objects.bulk_update(lines, ["adjust_fen"])
    order.adjust_fen = adjust_fen
    order.payable_fen += adjust_fen
    order.save(update_fields=["adjust_fen", "payable_fen"])


def _refusal(order: Order, payable_fen: int, *, now: datetime) -> str | None:
    if order.state != OrderState.AWAITING_PAYMENT or payment_succeeded(order.public_id):
        return _("买家已经付款，或订单已经结束，不能改价。")
    if order.close_requested_at is not None or now >= order.pay_before:
        return _("订单正在关闭，不能改价；请买家重新下单。")
    if order.offer_kind:
        return _("活动订单的价格由活动决定，不能改价。")
    if OrderReprice.objects.filter(order=order).exists():
        return _("这个订单已经改过一次价，不能再改。")
    if not takes_payments(order.store_id):
        return _("本店没有启用的商户号，买家付不了新的金额：请先启用商户号，再改价。")
    return _amount_refusal(order, payable_fen)


def _amount_refusal(order: Order, payable_fen: int) -> str | None:
    if not 1 <= payable_fen <= MAX_FEN:
        return _("新的应付金额至少为 0.01 元。")
    if payable_fen == order.payable_fen:
        return _("新的应付金额和现在一样，没有改动。")
    return None
