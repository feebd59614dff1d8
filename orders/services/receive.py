"""Receiving: the buyer has the goods."""

from datetime import datetime

from django.db import transaction

from orders.locks import order_lock
from orders.states import ORDER


def order_receive(*, order_id: int, now: datetime) -> bool:
    """The buyer confirms, or the time to say otherwise is over; False when it is not on its way."""
    with transaction.atomic():
        order = order_lock(order_id)
        return ORDER.move_row(
            order, "receive", now=now, changes={"received_at": now, "due_at": None}
        )
