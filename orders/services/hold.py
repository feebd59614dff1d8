"""Holds: why a paid order may not ship yet."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from orders.locks import orders_lock
from orders.models import Order, OrderHold
from orders.states import ORDER


def hold_release(*, order_ids: Sequence[int], kind: str, now: datetime) -> list[int]:
    """Close this kind's hold on all these orders at once; the ids of those that may ship now.

    An order with another hold still open stays held. Called by the owner of the hold, inside its
    transaction and after its own lock.
    """
    with transaction.atomic():
        orders_lock(order_ids)
        OrderHold.objects.filter(order_id__in=order_ids, kind=kind, closed_at=None).update(
            closed_at=now
        )
        still_held = OrderHold.objects.filter(order=OuterRef("pk"), closed_at=None)
        return ORDER.move_set(
            Order.objects.filter(~Exists(still_held), pk__in=order_ids),
            "release",
            now=now,
            changes={"released_at": now},
        )
