"""What an order does by itself: close when unpaid, count as received when nobody objects."""

from datetime import datetime

from core.deadlines import DeadlineKind, deadline_register
from orders.models import Order, RiskReview
from orders.services import order_expire, order_receive, review_release
from orders.states import OrderState


def order_due(order_id: int, *, now: datetime) -> datetime | None:
    """Handle a due order; when to look again."""
    order = Order.objects.only("state", "receive_before").get(pk=order_id)
    if order.state == OrderState.SHIPPED:
        if order.receive_before and now < order.receive_before:
            return order.receive_before
        order_receive(order_id=order_id, now=now)
        return None
    return order_expire(order_id=order_id, now=now)


def review_due(review_id: int, *, now: datetime) -> datetime | None:
    """Nobody judged the order in time: it goes on."""
    review_release(review_id=review_id, by_id=None, now=now, timed_out=True)
    return None


deadline_register(DeadlineKind(name="orders.review", model=RiskReview, handler=review_due))
deadline_register(DeadlineKind(name="orders.order", model=Order, handler=order_due))
