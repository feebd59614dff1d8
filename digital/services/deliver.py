"""Delivering on a screen: the order is paid, so its buyer gets keys or texts, at once and once."""

from datetime import datetime

from django.db import transaction

from catalog.queries import contents_of
from digital.locks import keys_lock
from digital.models import DigitalItem
from orders.services import DigitalLine, order_hand_over_digital


class ContentMissing(Exception):
    """There is nothing to deliver: a key is being given up just now, or a text is empty. The fact's
    delivery is tried again, and then parked for a person."""


def order_deliver(*, order_id: int, now: datetime) -> bool:
    """Give the buyer what the order is for; the order is complete. False when it is not its time.

    Safe to repeat and to race: the order's state decides under its lock. Raises ContentMissing.
    """
    with transaction.atomic():
        return order_hand_over_digital(order_id=order_id, give=_give, now=now)


def _give(lines: list[DigitalLine], now: datetime) -> None:
    texts = contents_of([line.sku_id for line in lines])
    for line in lines:
        content = texts[line.sku_id]
        if content is None:
            _give_keys(line, now=now)
        elif content:
            DigitalItem.objects.create(
                store_id=line.store_id,
                sku_id=line.sku_id,
                content=content,
                line_id=line.id,
                added_at=now,
                delivered_at=now,
            )
        else:
            raise ContentMissing(f"SKU {line.sku_id} has no text to deliver")


def _give_keys(line: DigitalLine, *, now: datetime) -> None:
    keys = keys_lock(line.sku_id, line.quantity)
    if len(keys) < line.quantity:
        raise ContentMissing(f"SKU {line.sku_id} has {len(keys)} keys for {line.quantity} pieces")
    for key in keys:
        key.line_id, key.delivered_at = line.id, now
    DigitalItem.objects.bulk_update(keys, ["line", "delivered_at"])
