"""What is sold on a screen is delivered when nothing holds its order any more."""

from datetime import datetime

from core.facts import subscribe
from digital.services import order_deliver
from orders.events import OrderPaid, OrderReleased


@subscribe(OrderPaid)
def order_paid(event: OrderPaid, *, now: datetime) -> None:
    order_deliver(order_id=event.order_id, now=now)


@subscribe(OrderReleased)
def order_released(event: OrderReleased, *, now: datetime) -> None:
    order_deliver(order_id=event.order_id, now=now)
