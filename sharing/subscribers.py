"""What sharing hears: an order was placed, so which share brought it, or nobody's? And two accounts are one."""

from datetime import datetime
from typing import Any

from accounts.events import PersonFolded
from core.facts import subscribe
from orders.events import OrderPlaced
from orders.queries import orders_brief
from sharing.arrivals import arrival_record_buyer, arrivals_fold
from sharing.services import order_attribute, person_fold


@subscribe(OrderPlaced)
def order_placed(event: OrderPlaced, *, now: datetime) -> None:
    order = orders_brief([event.order_id])[event.order_id]
    whose: dict[str, Any] = {
        "order_id": order.id,
        "store_id": order.store_id,
        "buyer_id": order.buyer_id,
        "placed_at": order.placed_at,
    }
    if not order_attribute(**whose, now=now):
        arrival_record_buyer(**whose)


@subscribe(PersonFolded)
def person_folded(event: PersonFolded, *, now: datetime) -> None:
    person_fold(folded_id=event.folded_id, person_id=event.person_id)
    arrivals_fold(folded_id=event.folded_id, person_id=event.person_id)
