"""What an order does by itself: close when unpaid, count as received when nobody objects."""

from datetime import datetime

from core.deadlines import DeadlineKind, deadline_register
from orders.models import Order, RiskReview
from orders.services import order_expire, order_receive_overdue, review_release
from orders.states import OrderState


def order_due(order_id: int, *, now: datetime) -> datetime | None:
    """Handle a due order; when to look again."""
    state = Order.objects.values_list("state", flat=True).get(pk=order_id)
    act = order_receive_overdue if state == OrderState.SHIPPED else order_expire
    return act(order_id=order_id, now=now)


def review_due(review_id: int, *, now: datetime) -> datetime | None:
    """Nobody judged the order in time: it goes on."""
    review_release(review_id=review_id, by_id=None, now=now, timed_out=True)
    return None


deadline_register(DeadlineKind(name="orders.review", model=RiskReview, handler=review_due))
deadline_register(DeadlineKind(name="orders.order", model=Order, handler=order_due))
