"""What sharers hear: an order that a share brought may have become worth more, or less; and that
somebody left."""

from datetime import datetime

from accounts.events import PersonClosed
from core.facts import subscribe
from orders.events import (
    OrderCancelled,
    OrderEvent,
    OrderLineCancelled,
    OrderLineRefunded,
    OrderPaid,
    OrderRebated,
    OrderReceived,
    OrderReleased,
)
from sharers.services import rewards_settle, sharer_leave
from sharing.events import OrderAttributed


def _settle(event: OrderEvent, *, now: datetime) -> None:
    rewards_settle(order_id=event.order_id, now=now)


@subscribe(OrderAttributed)
def order_attributed(event: OrderAttributed, *, now: datetime) -> None:
    """The one fact that brings terms. The share may be found after the money came: then nobody was
    there to be rewarded yet."""
    rewards_settle(order_id=event.order_id, pins=True, now=now)


@subscribe(OrderPaid)
def order_paid(event: OrderPaid, *, now: datetime) -> None:
    _settle(event, now=now)


@subscribe(OrderReleased)
def order_released(event: OrderReleased, *, now: datetime) -> None:
    _settle(event, now=now)


@subscribe(OrderReceived)
def order_received(event: OrderReceived, *, now: datetime) -> None:
    _settle(event, now=now)


@subscribe(OrderLineCancelled)
def order_line_cancelled(event: OrderLineCancelled, *, now: datetime) -> None:
    _settle(event, now=now)


@subscribe(OrderLineRefunded)
def order_line_refunded(event: OrderLineRefunded, *, now: datetime) -> None:
    _settle(event, now=now)


@subscribe(OrderRebated)
def order_rebated(event: OrderRebated, *, now: datetime) -> None:
    _settle(event, now=now)


@subscribe(OrderCancelled)
def order_cancelled(event: OrderCancelled, *, now: datetime) -> None:
    _settle(event, now=now)


@subscribe(PersonClosed)
def person_closed(event: PersonClosed, *, now: datetime) -> None:
    sharer_leave(person_id=event.person_id, now=now)
