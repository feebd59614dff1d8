"""Reads of the catalog: frozen dataclasses for pages, a fixed handful of queries each.

A photo is stored by its storage name, which outlives a change of address (a CDN): turn it into
something a page can show with `photo_src`, or in a template with `{% load photos %}` and
`{{ line.photo|photo_src }}`.
"""

from catalog.queries.cards import (
    PAGE_SIZE,
    CardPage,
    CategoryLink,
    ProductCard,
    Shelf,
    cards_of,
    first_products,
    product_cards,
    product_titles,
    related_products,
    store_categories,
    store_shelf,
)
from catalog.queries.office import low_stock_count, product_texts
from catalog.queries.page import ProductPage, SkuChoice, product_page
from catalog.queries.photos import Photo, photo_src
from catalog.queries.sale import (
    SkuForSale,
    contents_of,
    on_sale_now,
    reason_words,
    sku_for_sale,
    sku_on_sale,
    skus_by_keys,
    skus_for_sale,
)
from catalog.queries.struck import struck_prices_fen

__all__ = [
    "PAGE_SIZE",
    "CardPage",
    "CategoryLink",
    "Photo",
    "ProductCard",
    "ProductPage",
    "Shelf",
    "SkuChoice",
    "SkuForSale",
    "cards_of",
    "contents_of",
    "first_products",
    "low_stock_count",
    "on_sale_now",
    "photo_src",
    "product_cards",
    "product_page",
    "product_texts",
    "product_titles",
    "reason_words",
    "related_products",
    "sku_for_sale",
    "sku_on_sale",
    "skus_by_keys",
    "skus_for_sale",
    "store_categories",
    "store_shelf",
    "struck_prices_fen",
]
