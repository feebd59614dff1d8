"""The catalog's use cases: stock, prices, publishing, photos."""

from catalog.services.matrix import skus_generate
from catalog.services.photos import photo_add, photo_remove
from catalog.services.prices import PriceRefused, sku_price_change
from catalog.services.publish import (
    PublishRefused,
    fulfilment_check,
    product_publish,
    product_withdraw,
    sku_add,
    sku_remove,
)
from catalog.services.stock import (
    NotReserved,
    OutOfStock,
    StockRefused,
    keys_count,
    stock_correct,
    stock_release,
    stock_reserve,
    stock_restock,
    stock_ship,
    stock_ship_part,
)

__all__ = [
    "NotReserved",
    "OutOfStock",
    "PriceRefused",
    "PublishRefused",
    "StockRefused",
    "fulfilment_check",
    "keys_count",
    "photo_add",
    "photo_remove",
    "product_publish",
    "product_withdraw",
    "sku_add",
    "sku_price_change",
    "sku_remove",
    "skus_generate",
    "stock_correct",
    "stock_release",
    "stock_reserve",
    "stock_restock",
    "stock_ship",
    "stock_ship_part",
]
