"""The locks of card keys. They come after the order and before its SKUs (`docs/locking.md`)."""

from django.db import connection

from digital.models import DigitalItem


def import_lock(sku_id: int) -> None:
    """One import of a SKU's keys at a time: what is new is counted before and after.

    Advisory, because the keys do not exist yet. It comes before them and their SKU.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"digital:keys:{sku_id}"]
        )


def keys_lock(sku_id: int, count: int) -> list[DigitalItem]:
    """The oldest `count` keys that wait, locked; those that somebody else is taking are passed by.

    Stock sees to it that there are enough: as many wait as are on hand.
    """
    waiting = DigitalItem.objects.filter(sku_id=sku_id, line=None, voided_at=None)
    return list(waiting.select_for_update(no_key=True, skip_locked=True).order_by("pk")[:count])


def key_lock(item_id: int) -> DigitalItem:
    """One item, locked. Raises DigitalItem.DoesNotExist."""
    return DigitalItem.objects.select_for_update(no_key=True).get(pk=item_id)
