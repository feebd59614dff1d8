"""What flash sales hear: an order at their price came to nothing; two accounts are one person's."""

from datetime import datetime

from accounts.events import PersonFolded
from campaigns.flash import services
from core.facts import subscribe
from orders.events import OrderCancelled, OrderClosed


@subscribe(OrderClosed, inline=True)
def order_closed(event: OrderClosed, *, now: datetime) -> None:
    services.flash_order_ended(order_id=event.order_id, now=now)


@subscribe(OrderCancelled)
def order_cancelled(event: OrderCancelled, *, now: datetime) -> None:
    services.flash_order_ended(order_id=event.order_id, now=now)


@subscribe(PersonFolded)
def person_folded(event: PersonFolded, *, now: datetime) -> None:
    services.reminders_fold(folded_id=event.folded_id, person_id=event.person_id)
