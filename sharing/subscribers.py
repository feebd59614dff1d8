"""What sharing hears: an order was placed, so which share brought it?"""

from datetime import datetime

from core.facts import subscribe
from orders.events import OrderPlaced
from orders.queries import orders_brief
from sharing.services import order_attribute


@subscribe(OrderPlaced)
def order_placed(event: OrderPlaced, *, now: datetime) -> None:
    order = orders_brief([event.order_id])[event.order_id]
    order_attribute(
        order_id=order.id,
        store_id=order.store_id,
        buyer_id=order.buyer_id,
        placed_at=order.placed_at,
        now=now,
    )
