"""What sharing hears: an order was placed, so which share brought it? And two accounts are one."""

from datetime import datetime

from accounts.events import PersonFolded
from core.facts import subscribe
from orders.events import OrderPlaced
from orders.queries import orders_brief
from sharing.searches import searches_fold
from sharing.services import order_attribute, person_fold


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


@subscribe(PersonFolded)
def person_folded(event: PersonFolded, *, now: datetime) -> None:
    person_fold(folded_id=event.folded_id, person_id=event.person_id)
    searches_fold(folded_id=event.folded_id, person_id=event.person_id)
