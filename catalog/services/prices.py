"""Prices: every change is kept, because a former price may only be shown if it was real."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.locks import sku_lock
from catalog.models import PriceChange, Sku
from core.money import MAX_FEN


class PriceRefused(Exception):
    """A price that cannot be; the message says why, in words for the merchant."""


def sku_price_change(*, sku_id: int, price_fen: int, by_id: int | None, now: datetime) -> bool:
    """Change a SKU's price and keep the old one. False when it was that price already.

    Orders keep the price they were placed at. Raises PriceRefused below 1 fen or above MAX_FEN.
    """
    price_check(price_fen)
    with transaction.atomic():
        sku = sku_lock(sku_id)
        before_fen = sku.price_fen
        if before_fen == price_fen:
            return False
        sku.price_fen = price_fen
        sku.save(update_fields=["price_fen"])
        price_record(sku, before_fen, by_id=by_id, now=now)
        return True


def price_check(price_fen: int) -> None:
    """Raises PriceRefused for a price that no SKU may have."""
    if price_fen < 1:
        raise PriceRefused(_("价格至少为 0.01 元。"))
    if price_fen > MAX_FEN:
        raise PriceRefused(_("价格太高了，请检查小数点。"))


def price_record(sku: Sku, before_fen: int | None, *, by_id: int | None, now: datetime) -> None:
    """Write the line of history that goes with the SKU's present price."""
    PriceChange.objects.create(
        store_id=sku.store_id,
        sku=sku,
        before_fen=before_fen,
        after_fen=sku.price_fen,
        by_id=by_id,
        changed_at=now,
    )
