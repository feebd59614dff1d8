"""Handing over what is delivered on a screen; whoever has it to give is called back for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from orders.locks import order_lock
from orders.models import Order, Shipment
from orders.services.receive import order_receive
from orders.services.ship import order_hand_over
from orders.states import OrderState


@dataclass(frozen=True)
class DigitalLine:
    """A line that wants `quantity` pieces of a SKU."""

    id: int
    store_id: int
    sku_id: int
    quantity: int


def order_hand_over_digital(
    *, order_id: int, give: Callable[[list[DigitalLine], datetime], None], now: datetime
) -> bool:
    """`give` the buyer what the order is for; then it is sent and received in one. False when it is
    not paid, held, over, or not delivered on a screen.

    `give(lines, now)` runs under the order's lock, before the SKUs; what it raises undoes all.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        if order.delivery != Order.Delivery.DIGITAL or order.state != OrderState.TO_SHIP:
            return False
        lines = [
            DigitalLine(line.pk, line.store_id, line.sku_id, line.left)
            for line in order.lines.order_by("pk")
            if line.left
        ]
        give(lines, now)
        order_hand_over(
            order, how=Shipment.Handed.DIGITAL, number=order.public_id, by_id=None, now=now
        )
        order_receive(order_id=order.pk, now=now)
        return True
