"""Cancelling a paid order: stock free again, and all of its money back that has not gone already."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.services import stock_release
from core.rows import rows_get
from orders.locks import order_lock
from orders.models import OrderHold, OrderLine
from orders.services.hold import hold_words, holds_close
from orders.states import ORDER, OrderState
from payments.services import NothingToRefund, RefundReason, refund_request


class CancelRefused(Exception):
    """The order cannot be cancelled here; the message says why, for the person who tried."""


def order_cancel(*, order_id: int, reason: str, now: datetime, hold_kind: str = "") -> bool:
    """Cancel a paid order that was not shipped; False when it was cancelled or closed before.

    A held order is cancelled only by the owner of its hold, who says so with `hold_kind`; the
    merchant, who does not, gets CancelRefused and the name of the page to go to. CancelRefused also
    for orders that are not paid yet or shipped already. `reason` is shown to the buyer.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        if order.state in (OrderState.CANCELLED, OrderState.CLOSED):
            return False
        if not ORDER.allows(order.state, "cancel"):
            raise CancelRefused(_refusal(order.state))
        # A group that failed takes an order with it that nobody judged yet; not the other way round.
        owned = (
            {hold_kind, OrderHold.Kind.RISK} if hold_kind == OrderHold.Kind.GROUP else {hold_kind}
        )
        holds = [one for one in rows_get(OrderHold, order_id=order.pk) if one.closed_at is None]
        if foreign := sorted({one.kind for one in holds} - owned):
            raise CancelRefused(hold_words(foreign[0]))
        lines = [one for one in rows_get(OrderLine, order_id=order.pk) if one.cancelled_at is None]
        if any(line.shipped_quantity for line in lines):
            raise CancelRefused(_("订单已经发出一部分，不能整单取消；还没发出的商品可以单独取消。"))
        ORDER.move_row(
            order,
            "cancel",
            now=now,
            changes={"cancelled_at": now, "cancel_reason": reason[:120], "due_at": None},
        )
        holds_close(order, now=now)
        if order.payment_id is not None:
            group = hold_kind == OrderHold.Kind.GROUP
            # A line that took the last fen with it left nothing to ask for.
            with suppress(NothingToRefund):
                refund_request(
                    payment_id=order.payment_id,
                    reason=RefundReason.GROUP_FAILED if group else RefundReason.CANCELLED,
                    now=now,
                )
        stock_release(
            lines={line.sku_id: line.quantity for line in lines},
            reference=order.public_id,
            now=now,
        )
        return True


def _refusal(state: str) -> str:
    if state == OrderState.AWAITING_PAYMENT:
        return _("订单还没有付款：请关闭订单，不必取消。")
    return _("订单已经发货，不能取消；要退钱给买家，请用“协商退款”。")
