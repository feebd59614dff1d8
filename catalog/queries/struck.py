"""Prices that may stand struck through: those that were really asked, from `PriceChange` alone."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models.expressions import RawSQL


def struck_prices_fen(sku_ids: Iterable[int], *, before: datetime | None = None) -> dict[int, int]:
    """What may stand struck through beside a SKU's price: its lowest real price, in fen, of the
    seven days before its present price began, while its product was on sale. One query, from
    `PriceChange` alone.

    Only SKUs that are cheaper now than that are in the answer; one that was not on sale, at some
    price, for the whole of those days is not. With `before`, of the seven days
    before a promotion that began then: every SKU that had a price is in it, and the caller shows
    it only beside a promotion's price that is lower.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _STRUCK_PRICES_BEFORE if before else _STRUCK_PRICES,
            {"skus": list(sku_ids), "before": before},
        )
        return {sku_id: fen for sku_id, fen in cursor.fetchall() if fen is not None}


# The prices that a SKU had in the seven days before an instant: those that began in them, and the
# one that it had when they began. Without that one, or when its product was not on sale all the
# while, there is no price to strike: the comparison is with NULL.
_LOWEST_BEFORE = """
    SELECT min(had.after_fen) FROM catalog_pricechange had
    WHERE had.sku_id = {sku}.id AND had.changed_at < {began} AND had.changed_at >= (
        SELECT max(first.changed_at) FROM catalog_pricechange first
        JOIN catalog_product product ON product.id = {sku}.product_id
        WHERE first.sku_id = {sku}.id AND first.changed_at <= {began} - interval '7 days'
            AND product.published_at IS NOT NULL
            AND GREATEST(product.published_at, product.on_sale_from)
                <= {began} - interval '7 days'
    )
"""
STRUCK = """(
    SELECT CASE WHEN lowest.fen > {sku}.price_fen THEN lowest.fen END
    FROM (
        SELECT changed_at FROM catalog_pricechange
        WHERE sku_id = {sku}.id ORDER BY id DESC LIMIT 1
    ) present CROSS JOIN LATERAL (
        SELECT ({lowest}) AS fen
    ) lowest
)""".replace("{lowest}", _LOWEST_BEFORE.replace("{began}", "present.changed_at"))
STRUCK_OF_ROW: RawSQL = RawSQL(STRUCK.format(sku="catalog_sku"), ())  # noqa: S611 (nothing from outside)
_STRUCK_PRICES = (
    f"SELECT sku.id, {STRUCK.format(sku='sku')} FROM catalog_sku sku WHERE sku.id = ANY(%(skus)s)"
)
_STRUCK_PRICES_BEFORE = (
    f"SELECT sku.id, ({_LOWEST_BEFORE.format(sku='sku', began='%(before)s::timestamptz')}) "
    f"FROM catalog_sku sku WHERE sku.id = ANY(%(skus)s)"
)
