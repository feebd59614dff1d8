"""The catalog's use cases: stock, prices, publishing, photos."""

from catalog.services.content import content_check, sku_content_change
from catalog.services.matrix import skus_generate, skus_prune, skus_stray
from catalog.services.photos import photo_add
from catalog.services.prices import PriceRefused, sku_price_change
from catalog.services.publish import (
    LAST_SKU,
    PublishRefused,
    freight_advice,
    fulfilment_check,
    product_publish,
    product_times_keep,
    product_withdraw,
    sku_add,
    sku_remove,
)
from catalog.services.stock import (
    KEYS_ARE_COUNTED,
    NotReserved,
    OutOfStock,
    StockRefused,
    keys_count,
    stale_words,
    stock_correct,
    stock_is_reserved,
    stock_release,
    stock_release_part,
    stock_reserve,
    stock_restock,
    stock_ship,
    stock_ship_part,
)

__all__ = [
    "KEYS_ARE_COUNTED",
    "LAST_SKU",
    "NotReserved",
    "OutOfStock",
    "PriceRefused",
    "PublishRefused",
    "StockRefused",
    "content_check",
    "freight_advice",
    "fulfilment_check",
    "keys_count",
    "photo_add",
    "product_publish",
    "product_times_keep",
    "product_withdraw",
    "sku_add",
    "sku_content_change",
    "sku_price_change",
    "sku_remove",
    "skus_generate",
    "skus_prune",
    "skus_stray",
    "stale_words",
    "stock_correct",
    "stock_is_reserved",
    "stock_release",
    "stock_release_part",
    "stock_reserve",
    "stock_restock",
    "stock_ship",
    "stock_ship_part",
]
