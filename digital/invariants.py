"""What must always be true of card keys."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from core.invariants import invariant

LIMIT = 1000


@invariant(
    "digital.keys_counted",
    because="a SKU sold by card keys has as many keys waiting as pieces on hand",
)
def keys_counted(now: datetime) -> Iterable[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT sku.public_id, sku.on_hand, count(item.id)
            FROM catalog_product product JOIN catalog_sku sku ON sku.product_id = product.id
            LEFT JOIN digital_digitalitem item ON item.sku_id = sku.id
                AND item.line_id IS NULL AND item.voided_at IS NULL
            WHERE product.fulfilment = 'card_keys'
            GROUP BY sku.id HAVING sku.on_hand <> count(item.id) LIMIT %s
            """,
            [LIMIT],
        )
        for ref, on_hand, waiting in cursor.fetchall():
            yield f"sku {ref}", f"{on_hand} on hand, {waiting} keys wait"


@invariant(
    "digital.delivered",
    because="a completed order of what is delivered on a screen gave its buyer all of it",
)
def delivered(now: datetime) -> Iterable[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT o.public_id, line.shipped_quantity, product.fulfilment, count(item.id)
            FROM orders_order o
            JOIN orders_orderline line ON line.order_id = o.id
            JOIN catalog_sku sku ON sku.id = line.sku_id
            JOIN catalog_product product ON product.id = sku.product_id
            LEFT JOIN digital_digitalitem item ON item.line_id = line.id
            WHERE o.delivery = 'digital'
            GROUP BY o.id, line.id, product.fulfilment
            HAVING count(item.id) <> CASE
                WHEN product.fulfilment = 'content' THEN LEAST(line.shipped_quantity, 1)
                ELSE line.shipped_quantity END
            LIMIT %s
            """,
            [LIMIT],
        )
        for ref, sent, kind, given in cursor.fetchall():
            yield f"order {ref}", f"{sent} pieces sent of {kind}, {given} items given"
