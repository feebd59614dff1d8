"""What must always be true of stock."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import F, Q

from catalog.models import Sku
from core.invariants import invariant

_SUMS = """
SELECT sku.public_id, sku.on_hand, sku.reserved, moved.on_hand, moved.reserved
FROM catalog_sku sku LEFT JOIN (
    SELECT sku_id, sum(on_hand_change) AS on_hand, sum(reserved_change) AS reserved
    FROM catalog_stockmovement GROUP BY sku_id
) moved ON moved.sku_id = sku.id
WHERE sku.on_hand <> coalesce(moved.on_hand, 0) OR sku.reserved <> coalesce(moved.reserved, 0)
ORDER BY sku.id LIMIT 1000
"""


@invariant("stock.movements_add_up", because="a SKU's movements sum to its stock and reservations")
def stock_movements_add_up(now: datetime) -> Iterable[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_SUMS)
        for public_id, on_hand, reserved, moved_on_hand, moved_reserved in cursor.fetchall():
            have = f"on_hand {on_hand}, reserved {reserved}"
            moved = f"on_hand {moved_on_hand or 0}, reserved {moved_reserved or 0}"
            yield f"sku {public_id}", f"{have}; its movements say {moved}"


@invariant("stock.never_negative", because="0 ≤ reserved ≤ on hand for every SKU")
def stock_never_negative(now: datetime) -> Iterable[tuple[str, str]]:
    wrong = Sku.objects.filter(
        Q(on_hand__lt=0) | Q(reserved__lt=0) | Q(reserved__gt=F("on_hand"))
    ).order_by("id")
    for sku in wrong[:1000]:
        yield f"sku {sku.public_id}", f"on_hand {sku.on_hand}, reserved {sku.reserved}"
