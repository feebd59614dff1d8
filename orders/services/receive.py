"""Receiving: the buyer has the goods, or the time to say otherwise is over."""

from datetime import datetime

from django.db import transaction

from orders.locks import order_lock
from orders.models import Order
from orders.states import ORDER


def order_receive(*, order_id: int, now: datetime) -> bool:
    """The buyer confirms; False when it is not on its way."""
    with transaction.atomic():
        return _receive(order_lock(order_id), now=now)


def order_receive_overdue(*, order_id: int, now: datetime) -> datetime | None:
    """Nobody objected in time; when to look again where there is more time, None for never."""
    with transaction.atomic():
        order = order_lock(order_id)
        if order.receive_before is not None and now < order.receive_before:
            return order.receive_before
        _receive(order, now=now)
        return None


def _receive(order: Order, *, now: datetime) -> bool:
    """Needs the order's lock."""
    return ORDER.move_row(order, "receive", now=now, changes={"received_at": now, "due_at": None})
