"""Goods for tests, made through the services, so that movements add up."""

import io
from itertools import count
from typing import Any

from PIL import Image

from catalog.models import Category, Product, ProductPhoto, Sku
from catalog.services import photo_add, product_publish, sku_add
from core import clock
from stores.models import Store
from stores.tests.factories import store_make

_numbers = count(1)


def category_make(store: Store, *, slug: str = "", name: str = "红枣") -> Category:
    return Category.objects.create(
        store=store, slug=slug or f"category-{next(_numbers)}", name=name
    )


def product_make(
    store: Store | None = None, *, title: str = "", published: bool = True, **fields: Any
) -> Product:
    """A product with one SKU (8.80 yuan, 100 in stock), on sale unless said otherwise."""
    price_fen, on_hand = fields.pop("price_fen", 880), fields.pop("on_hand", 100)
    product = Product.objects.create(
        store=store or store_make(), title=title or f"临县红枣 {next(_numbers)}", **fields
    )
    sku_add(
        product_id=product.pk, name="500g", price_fen=price_fen, on_hand=on_hand, now=clock.now()
    )
    if published:
        product_publish(product_id=product.pk, now=clock.now())
        product.refresh_from_db()
    return product


def sku_make(
    product: Product | None = None,
    *,
    price_fen: int = 880,
    on_hand: int = 100,
    name: str = "",
    store: Store | None = None,
) -> Sku:
    """A SKU: another one of `product`, or the only one of a new product on sale."""
    if product is None:
        made = product_make(store, price_fen=price_fen, on_hand=on_hand)
        sku = made.skus.get()
        if name:
            sku.name = name
            sku.save(update_fields=["name"])
        return sku
    return sku_add(
        product_id=product.pk,
        name=name or f"规格 {next(_numbers)}",
        price_fen=price_fen,
        on_hand=on_hand,
        now=clock.now(),
    )


def picture(
    *, size: tuple[int, int] = (800, 600), kind: str = "JPEG", colour: Any = "sienna", **save: Any
) -> io.BytesIO:
    """An upload: a plain picture."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **save)
    out.seek(0)
    return out


def photo_make(product: Product, **fields: Any) -> ProductPhoto:
    return photo_add(product_id=product.pk, upload=picture(**fields), alt="一篮红枣")
