"""What coupons hear of orders: what was spent on those that come to nothing goes back, and what was
received earns one for the next."""

from datetime import datetime

from campaigns.coupons.services import coupon_give_repeat, coupon_return, coupon_return_if_refunded
from core.facts import subscribe
from orders.events import OrderCancelled, OrderClosed, OrderReceived
from payments.events import RefundSucceeded


@subscribe(OrderClosed)
def order_closed(event: OrderClosed, *, now: datetime) -> None:
    coupon_return(order_id=event.order_id, now=now)


@subscribe(OrderCancelled)
def order_cancelled(event: OrderCancelled, *, now: datetime) -> None:
    coupon_return(order_id=event.order_id, now=now)


@subscribe(OrderReceived)
def order_received(event: OrderReceived, *, now: datetime) -> None:
    coupon_give_repeat(order_id=event.order_id, now=now)


@subscribe(RefundSucceeded)
def refund_succeeded(event: RefundSucceeded, *, now: datetime) -> None:
    coupon_return_if_refunded(order_ref=event.order_ref, now=now)
