"""Cancelling one line of a paid order, or the rest of one that was sent in part: its stock is free
again and its share goes back, once."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.services import stock_release, stock_release_part
from core.facts import facts_record
from core.money import yuan
from orders.amounts import SUMS, line_paid_fen, line_split, rest_fen
from orders.events import OrderLineCancelled
from orders.locks import order_lock
from orders.models import Order, OrderChange, OrderLine
from orders.services.cancel import CancelRefused, order_cancel
from orders.services.hold import hold_kind, hold_words
from orders.services.ship import order_ship_finish
from orders.states import OrderState
from payments.services import NothingToRefund, RefundReason, refund_request


@dataclass(frozen=True)
class LineBack:
    """What cancelling a line, or what is left of it, takes: how many pieces, and how many fen go
    back; `is_all` when the whole order goes with it."""

    pieces: int
    fen: int
    is_all: bool = False


def line_back(order: Order, line: OrderLine) -> LineBack:
    """What cancelling this line would take now: said by the page, and kept to behind the lock."""
    if line.left and line.shipped_quantity:
        rest = line_split(copy(line), line.left)
        return LineBack(rest.quantity, line_paid_fen(rest))
    if line_is_last(order, line):
        gone = order.lines.exclude(cancelled_at=None)
        return LineBack(line.left, rest_fen(order, gone), is_all=True)
    return LineBack(line.left, line_paid_fen(line))


def order_line_cancel(
    *,
    order_id: int,
    line_id: int,
    reason: str,
    by_id: int | None,
    now: datetime,
    seen: tuple[int, int] | None = None,
) -> bool:
    """Cancel a line, or what is left of one that was sent in part; False when that was done before.

    What was paid for it goes back, freight only with the last line, which cancels the order. So does
    the line with which the last fen would go: what is left would be sent for nothing. When
    all other lines are on their way, the order is shipped. `reason` is shown to the buyer.

    `seen` is how many pieces and fen the page said it takes. Raises CancelRefused, also when that has
    changed since: a parcel has left, or the rest of the order has gone.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        if order.state in (OrderState.CANCELLED, OrderState.CLOSED):
            return False
        line = order.lines.filter(pk=line_id).first()
        if line is None:
            raise CancelRefused(_("订单里没有这件商品，请刷新页面后再试。"))
        if line.cancelled_at is not None or _rest_is_gone(order, line):
            return False
        back = line_back(order, line)
        if (refusal := _refusal(order, line, back, seen=seen)) is not None:
            raise CancelRefused(refusal)
        is_rest = bool(line.shipped_quantity)
        others = list(order.lines.exclude(pk=line.pk).filter(cancelled_at=None))
        if is_rest:
            line = _rest(line, now=now)
        elif back.is_all:
            return order_cancel(order_id=order.pk, reason=reason, now=now)
        else:
            OrderLine.objects.filter(pk=line.pk).update(cancelled_at=now)
        _give_back(order, line, back.fen, reason=reason, by_id=by_id, now=now)
        if not any(other.left for other in others):
            order_ship_finish(order, now=now)
        pieces = {line.sku_id: line.quantity}
        if is_rest:
            rest_ref = f"{order.public_id}/rest"
            stock_release_part(
                lines=pieces, reserved_as=order.public_id, reference=rest_ref, now=now
            )
        else:
            stock_release(lines=pieces, reference=order.public_id, now=now)
        return True


def _rest(line: OrderLine, *, now: datetime) -> OrderLine:
    """What was not sent of a line becomes a cancelled line; it is left with what its parcels hold."""
    rest = line_split(line, line.left)
    rest.cancelled_at = now
    line.save(update_fields=["quantity", *SUMS])
    rest.save(force_insert=True)
    return rest


def _rest_is_gone(order: Order, line: OrderLine) -> bool:
    if line.left or not line.shipped_quantity:
        return False
    return order.lines.filter(sku_id=line.sku_id).exclude(cancelled_at=None).exists()


def _give_back(
    order: Order, line: OrderLine, back_fen: int, *, reason: str, by_id: int | None, now: datetime
) -> None:
    """Needs the order's lock. The refund's `part` names the line: it is asked for once."""
    if back_fen and order.payment_id is not None:
        try:
            refund_request(
                payment_id=order.payment_id,
                reason=RefundReason.LINE_CANCELLED,
                part=f"line_{line.pk}",
                amount_fen=back_fen,
                now=now,
            )
        except NothingToRefund as nothing:
            raise CancelRefused(
                _("这个订单剩下的款项不够退这件商品，请先核对它的退款。")
            ) from nothing
    OrderChange.objects.create(
        store_id=order.store_id,
        order=order,
        kind=OrderChange.Kind.LINE_CANCELLED,
        detail=_("%(line)s，退回 %(amount)s 元：%(reason)s")
        % {"line": line, "amount": yuan(back_fen), "reason": reason[:120]},
        by_id=by_id,
        at=now,
    )
    facts_record(OrderLineCancelled.of(order), now=now)


def line_is_last(order: Order, line: OrderLine) -> bool:
    """Whether cancelling this line is cancelling the whole order: no other is left, or none that
    costs anything, freight included, while nothing was sent yet."""
    rows = list(order.lines.all())
    gone = [one for one in rows if one.cancelled_at is not None or one.pk == line.pk]
    if len(gone) == len(rows):
        return True
    return rest_fen(order, gone) <= 0 and not any(one.shipped_quantity for one in rows)


def _refusal(
    order: Order, line: OrderLine, back: LineBack, *, seen: tuple[int, int] | None
) -> str | None:
    if order.state == OrderState.AWAITING_PAYMENT:
        return _("订单还没有付款：请关闭订单，不必取消商品。")
    if kind := hold_kind(order):
        return hold_words(kind)
    if order.state != OrderState.TO_SHIP or not line.left:
        return _("这件商品已经发货，不能取消；要退钱给买家，请用“协商退款”。")
    return _changed(back, *seen) if seen else None


def _changed(back: LineBack, pieces: int, fen: int) -> str | None:
    if pieces != back.pieces:
        said = {"left": back.pieces}
        return _("件数变了，现在还剩 %(left)d 件没发，请核对后再取消。") % said
    if fen != back.fen:
        told = {"amount": yuan(back.fen)}
        return _("要退的钱变了，现在是 %(amount)s 元，请核对后再取消。") % told
    return None
