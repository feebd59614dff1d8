"""Goods that are delivered on a screen, for tests."""

from typing import Any

from catalog.models import Fulfilment, Sku
from core import clock
from digital.services import keys_import
from orders.destinations import on_screen
from orders.models import Order
from orders.tests.factories import order_make, paid_make
from tests import cast


def keys_sku(*keys: str, store: Any = None) -> Sku:
    """A SKU that is sold by card keys, with these in stock."""
    sku = cast.sku_on_sale(store, on_hand=0)
    sku.product.fulfilment = Fulfilment.CARD_KEYS
    sku.product.save()
    if keys:
        bring(sku, *keys)
    sku.refresh_from_db()
    return sku


def bring(sku: Sku, *keys: str) -> Any:
    """Import keys."""
    return keys_import(
        store_id=sku.store_id, sku_id=sku.pk, lines=keys, by_id=None, now=clock.now()
    )


def text_sku(content: str = "网盘地址 https://pan.example/x 提取码 8888") -> Sku:
    """A SKU whose every buyer is given the same text."""
    sku = cast.sku_on_sale()
    sku.product.fulfilment = Fulfilment.CONTENT
    sku.product.save()
    sku.content = content
    sku.save(update_fields=["content"])
    return sku


def bought(sku: Sku, **changes: Any) -> Order:
    """A paid order of it, every fact delivered."""
    return paid_make(sku, address=on_screen(), **changes)


def wanted(sku: Sku, **changes: Any) -> Order:
    """An order of it, not paid."""
    return order_make(sku, address=on_screen(), **changes)
