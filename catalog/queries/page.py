"""A product's own page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.models import Fulfilment, Product
from catalog.queries.cards import CategoryLink
from catalog.queries.photos import Photo, photo_of, photo_src, share_image_of
from catalog.queries.sale import reason_words
from catalog.queries.struck import STRUCK_OF_ROW
from catalog.states import ProductState
from core import clock


@dataclass(frozen=True)
class SkuChoice:
    """A SKU on the product page's sheet.

    `photo` is the address of its own small picture, or "". `exempt_because` names the law's reason
    why it cannot be returned within seven days without one, or is "".
    """

    id: int
    public_id: str
    name: str
    price_fen: int
    available: int
    photo: str = ""
    exempt_because: str = ""
    options: tuple[tuple[str, str], ...] = ()
    struck_fen: int | None = None

    @property
    def options_json(self) -> str:
        """For the page's script: [["颜色", "红"], …]."""
        return json.dumps(self.options, ensure_ascii=False)


@dataclass(frozen=True)
class ProductPage:
    """A product page. `is_matrix` when every SKU is a combination of the same options, so that one
    may choose by option. `starts_at` is when it goes on sale, if it will by itself. `on_sale` is False after it was withdrawn; a draft has no page."""

    id: int
    public_id: str
    store_id: int
    category: CategoryLink | None
    title: str
    subtitle: str
    description: str
    on_sale: bool
    gallery: tuple[Photo, ...]
    share_image: str
    skus: tuple[SkuChoice, ...]
    price_fen: int
    price_max_fen: int
    sold_out: bool
    is_matrix: bool = False
    starts_at: datetime | None = None
    purchase_limit: int | None = None
    freight_id: int | None = None
    brand: str = ""
    tags: tuple[str, ...] = ()
    struck_fen: int | None = None
    fulfilment: str = Fulfilment.GOODS.value

    @property
    def is_digital(self) -> bool:
        """Nothing is sent."""
        return self.fulfilment != Fulfilment.GOODS


def product_page(public_id: str) -> ProductPage | None:
    """A published or withdrawn product, in three queries; None for drafts and unknown ids."""
    product = (
        Product.objects.select_related("category")
        .exclude(state=ProductState.DRAFT)
        .filter(public_id=public_id)
        .first()
    )
    if product is None:
        return None
    skus = tuple(
        SkuChoice(
            sku.pk,
            sku.public_id,
            sku.name,
            sku.price_fen,
            sku.available if product.fulfilment != Fulfilment.CONTENT or sku.content else 0,
            photo=photo_src(str(sku.photo)),
            exempt_because=reason_words(sku.return_reason),
            struck_fen=sku.struck_fen,
            options=tuple((name, value) for name, value in sku.options),
        )
        for sku in product.skus.filter(removed_at=None).annotate(struck_fen=STRUCK_OF_ROW)
    )
    photos = list(product.photos.all())
    category = product.category
    prices = [sku.price_fen for sku in skus] or [0]
    now, is_published = clock.now(), product.state == ProductState.ON_SALE
    return ProductPage(
        id=product.pk,
        public_id=product.public_id,
        store_id=product.store_id,
        category=CategoryLink(category.pk, category.slug, category.name) if category else None,
        title=product.title,
        subtitle=product.subtitle,
        description=product.description,
        on_sale=is_published
        and bool(skus)
        and (product.on_sale_from is None or product.on_sale_from <= now)
        and (product.on_sale_until is None or product.on_sale_until > now),
        starts_at=product.on_sale_from
        if is_published and product.on_sale_from and product.on_sale_from > now
        else None,
        purchase_limit=product.purchase_limit,
        freight_id=product.freight_template_id,
        brand=product.brand,
        tags=tuple(product.tags),
        gallery=tuple(photo_of(photo, product.title) for photo in photos),
        share_image=share_image_of(photos[0]) if photos else "",
        skus=skus,
        price_fen=min(prices),
        price_max_fen=max(prices),
        sold_out=not any(sku.available for sku in skus),
        is_matrix=_is_matrix(skus),
        fulfilment=product.fulfilment,
        struck_fen=next((sku.struck_fen for sku in skus if sku.price_fen == min(prices)), None),
    )


def _is_matrix(skus: Sequence[SkuChoice]) -> bool:
    axes = {tuple(name for name, _value in sku.options) for sku in skus}
    return len(axes) == 1 and axes != {()}
