"""What flash sales hear: that an order at their price came to nothing."""

from datetime import datetime

from campaigns.flash import services
from core.facts import subscribe
from orders.events import OrderCancelled, OrderClosed


@subscribe(OrderClosed, inline=True)
def order_closed(event: OrderClosed, *, now: datetime) -> None:
    services.flash_order_ended(order_id=event.order_id, now=now)


@subscribe(OrderCancelled)
def order_cancelled(event: OrderCancelled, *, now: datetime) -> None:
    services.flash_order_ended(order_id=event.order_id, now=now)
