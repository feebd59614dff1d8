"""What money means: the payment is recorded already, here the order says what it is for."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from orders.locks import order_lock_by_ref
from orders.models import Order, OrderHold
from orders.services.shut import order_shut, order_stock_free
from orders.states import ORDER, OrderState
from payments.queries import payments_of
from payments.services import RefundReason, refund_request


def order_payment_take(*, order_ref: str, payment_id: int, now: datetime) -> OrderState | None:
    """Decide what a succeeded payment means; the order's state afterwards, None without an order.

    awaiting → paid (on hold while a hold is open); awaiting and given up by its buyer, or closed →
    cancelled, the money goes back as late;
    any other state → *this* payment goes back as a duplicate. The order remembers the one payment
    that decided it, so deciding twice about the same payment changes nothing.
    """
    with transaction.atomic():
        order = order_lock_by_ref(order_ref)
        if order is None:
            return None
        if order.payment_id == payment_id:
            return OrderState(order.state)
        unpaid = (OrderState.AWAITING_PAYMENT, OrderState.CLOSED)
        if order.state in unpaid and not _is_price(order, payment_id):
            # An attempt at the price before the merchant changed it, closed and paid all the same.
            refund_request(payment_id=payment_id, reason=RefundReason.LATE, now=now)
        elif order.state == OrderState.CLOSED:
            _pay_late(order, payment_id, reason=_("款项在订单关闭后到账，已原路退回"), now=now)
        elif order.state == OrderState.AWAITING_PAYMENT and order.given_up_at is not None:
            order_shut(order, now=now)
            _pay_late(order, payment_id, reason=_("你取消了付款，到账的款项已原路退回"), now=now)
            order_stock_free(order, now=now)
        elif order.state == OrderState.AWAITING_PAYMENT:
            _pay(order, payment_id, now=now)
        else:
            refund_request(payment_id=payment_id, reason=RefundReason.DUPLICATE, now=now)
        return OrderState(order.state)


def _is_price(order: Order, payment_id: int) -> bool:
    """Whether the payment is of what the order costs now: only a changed price can differ."""
    return not order.adjust_fen or any(
        payment.pk == payment_id and payment.amount_fen == order.payable_fen
        for payment in payments_of(order.public_id)
    )


def _pay(order: Order, payment_id: int, *, now: datetime) -> None:
    held = OrderHold.objects.filter(order=order, closed_at=None).exists()
    changes = {"payment_id": payment_id, "paid_at": now, "due_at": None, "cancel_reason": ""}
    if held:
        ORDER.move_row(order, "pay_held", now=now, changes=changes)
    else:
        ORDER.move_row(order, "pay", now=now, changes={**changes, "released_at": now})


def _pay_late(order: Order, payment_id: int, *, reason: str, now: datetime) -> None:
    ORDER.move_row(
        order,
        "pay_late",
        now=now,
        changes={
            "payment_id": payment_id,
            "paid_at": now,
            "cancelled_at": now,
            "cancel_reason": reason,
        },
    )
    refund_request(payment_id=payment_id, reason=RefundReason.LATE, now=now)
