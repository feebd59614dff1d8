"""Reads of the catalog: frozen dataclasses for pages, a fixed handful of queries each.

A photo is stored by its storage name, which outlives a change of address (a CDN): turn it into
something a page can show with `photo_src`, or in a template with `{% load photos %}` and
`{{ line.photo|photo_src }}`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from catalog.models import (
    Category,
    Fulfilment,
    Product,
    ProductPhoto,
    ReturnReason,
    ReturnRule,
    Sku,
)
from catalog.photos import WIDTHS, derivative, share_name
from catalog.states import ProductState
from core import clock

PAGE_SIZE = 20
MAX_PAGE = 500
MAX_WORDS = 5


@dataclass(frozen=True)
class SkuForSale:
    """A SKU as an order takes it. `photo` is a storage name, or "" when there is none."""

    id: int
    public_id: str
    store_id: int
    product_id: int
    product_public_id: str
    title: str
    name: str
    price_fen: int
    available: int
    photo: str
    on_sale: bool
    weight_g: int | None = None
    volume_cm3: int | None = None
    return_rule: str = ReturnRule.SEVEN_DAYS.value
    purchase_limit: int | None = None
    freight_id: int | None = None
    return_reason: str = ""
    fulfilment: str = Fulfilment.GOODS.value

    @property
    def is_digital(self) -> bool:
        """Nothing is sent: the buyer gets a card key or a text when it is paid."""
        return self.fulfilment != Fulfilment.GOODS

    @property
    def consent_reason(self) -> str:
        """Why the buyer is asked to do without 七天无理由, in words; "" when nobody is asked."""
        if self.return_rule != ReturnRule.EXEMPT or not self.return_reason:
            return ""
        reason = ReturnReason(self.return_reason)
        return str(reason.label) if reason.needs_consent else ""


@dataclass(frozen=True)
class Photo:
    """What an <img> needs; width and height are the full picture's, so nothing shifts.
    `name` is where storage keeps what `src` shows."""

    src: str
    srcset: str
    width: int
    height: int
    alt: str
    name: str = ""


@dataclass(frozen=True)
class CategoryLink:
    """One of a store's shelves, for its tabs."""

    id: int
    slug: str
    name: str


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
class ProductCard:
    """A product in a list. `price_fen` is the lowest of its SKUs' prices, `struck_fen` what that SKU
    really cost before (see `struck_prices_fen`), or None, `share_image` the square JPEG for a
    WeChat card, or ""."""

    id: int
    public_id: str
    store_id: int
    store_slug: str
    store_name: str
    title: str
    subtitle: str
    price_fen: int
    has_price_range: bool
    sold_out: bool
    photo: Photo | None
    share_image: str
    struck_fen: int | None = None


@dataclass(frozen=True)
class CardPage:
    """One page of cards; `page` counts from 1."""

    cards: tuple[ProductCard, ...]
    page: int
    has_next: bool
    has_previous: bool


@dataclass(frozen=True)
class Shelf:
    """A store's goods, or those of one of its categories."""

    categories: tuple[CategoryLink, ...]
    category: CategoryLink | None
    page: CardPage


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


def skus_for_sale(sku_ids: Iterable[int], *, now: datetime | None = None) -> dict[int, SkuForSale]:
    """The SKUs by id, in one query; unknown ids are left out.

    `on_sale` says whether product and SKU may be bought at `now` (or at this instant); whether the store is open is for
    `stores.queries.store_terms` to say.
    """
    return {sku.id: sku for sku in _skus_for_sale("sku.id = ANY(%s)", list(sku_ids), now)}


def sku_for_sale(public_id: str) -> SkuForSale | None:
    """One SKU by its public id, in one query."""
    return next(iter(_skus_for_sale("sku.public_id = %s", public_id, None)), None)


def product_texts(product: Product) -> dict[str, str]:
    """What a product's page says, by the name of the field."""
    names = ("title", "subtitle", "description")
    return {
        str(Product._meta.get_field(name).verbose_name): str(getattr(product, name))  # type: ignore[union-attr]
        for name in names
    }


def skus_by_keys(store_id: int) -> list[SkuForSale]:
    """The store's SKUs that are sold by card keys, in one query."""
    condition = f"sku.store_id = %s AND product.fulfilment = '{Fulfilment.CARD_KEYS.value}'"
    return _skus_for_sale(condition + " AND sku.removed_at IS NULL", store_id, None)


def contents_of(sku_ids: Iterable[int]) -> dict[int, str | None]:
    """The text that a SKU's buyers are given, by SKU, in one query; None for one with card keys."""
    rows = Sku.objects.filter(pk__in=list(sku_ids)).select_related("product")
    return {
        sku.pk: None if sku.product.fulfilment == Fulfilment.CARD_KEYS else sku.content
        for sku in rows
    }


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
            sku.available,
            photo=photo_src(str(sku.photo)),
            exempt_because=_exempt_because(sku.return_reason),
            struck_fen=sku.struck_fen,
            options=tuple((name, value) for name, value in sku.options),
        )
        for sku in product.skus.filter(removed_at=None).annotate(struck_fen=_STRUCK_OF_ROW)
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
        gallery=tuple(_photo(photo, product.title) for photo in photos),
        share_image=_share_image(photos[0]) if photos else "",
        skus=skus,
        price_fen=min(prices),
        price_max_fen=max(prices),
        sold_out=not any(sku.available for sku in skus),
        is_matrix=_is_matrix(skus),
        fulfilment=product.fulfilment,
        struck_fen=next((sku.struck_fen for sku in skus if sku.price_fen == min(prices)), None),
    )


def product_cards(
    *,
    store_id: int | None = None,
    category_id: int | None = None,
    tag: str = "",
    words: str = "",
    page: int = 1,
    limit: int = PAGE_SIZE,
) -> CardPage:
    """Products on sale in open stores, in three queries.

    Of one store, or of one category, or of the whole platform, and only with `tag` if there is one,
    and with every one of `words` in title, subtitle, brand, tags or the store's name; the stores' own order decides, and
    on the platform the first of every store come before the second.
    """
    products = Product.objects.filter(on_sale(), store__is_open=True)
    if store_id is not None:
        products = products.filter(store_id=store_id)
    if category_id is not None:
        products = products.filter(category_id=category_id)
    if tag:
        products = products.filter(tags__contains=[tag])
    for word in words.split()[:MAX_WORDS]:
        products = products.filter(
            Q(title__icontains=word)
            | Q(subtitle__icontains=word)
            | Q(brand__icontains=word)
            | Q(store__name__icontains=word)
            | Q(tags__contains=[word])
        )
    page = min(max(page, 1), MAX_PAGE)
    start = (page - 1) * limit
    rows = list(
        products.select_related("store").order_by("position", "id")[start : start + limit + 1]
    )
    return CardPage(
        cards=_cards(rows[:limit]),
        page=page,
        has_next=len(rows) > limit and page < MAX_PAGE,
        has_previous=page > 1,
    )


def cards_of(product_ids: Sequence[int]) -> dict[int, ProductCard]:
    """Cards of given products by id, on sale or not, in three queries."""
    rows = list(Product.objects.select_related("store").filter(pk__in=list(product_ids)))
    return {card.id: card for card in _cards(rows)}


def product_titles(public_ids: Iterable[str]) -> dict[str, str]:
    """Titles by public id, of goods on sale or not."""
    rows = Product.objects.filter(public_id__in=list(public_ids)).order_by()
    return dict(rows.values_list("public_id", "title"))


def related_products(product_id: int, store_id: int, *, limit: int) -> list[int]:
    """Ids of what goes with a product, in one query: what the merchant chose, as far as it is on
    sale; without a choice the store's first goods. Never the product itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            _RELATED,
            {"product": product_id, "store": store_id, "limit": limit, "now": clock.now()},
        )
        return [row[0] for row in cursor.fetchall()]


def first_products(store_ids: Sequence[int], *, limit: int) -> list[int]:
    """Ids of the first products on sale of several stores, store by store, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FIRST_PRODUCTS, {"stores": list(store_ids), "limit": limit, "now": clock.now()}
        )
        return [row[0] for row in cursor.fetchall()]


def store_shelf(
    store_id: int, category: str | None = None, page: int = 1, *, tag: str = ""
) -> Shelf | None:
    """A store's shelf, or that of the category with this slug; None when there is no such category."""
    categories = store_categories(store_id)
    chosen = next((one for one in categories if one.slug == category), None)
    if category and chosen is None:
        return None
    cards = product_cards(
        store_id=store_id, category_id=chosen.id if chosen else None, tag=tag, page=page
    )
    return Shelf(categories=categories, category=chosen, page=cards)


def store_categories(store_id: int) -> tuple[CategoryLink, ...]:
    """The store's categories that have something on sale, in its own order."""
    rows = (
        Category.objects.filter(store_id=store_id)
        .filter(on_sale("products__"))
        .distinct()
        .order_by("position", "id")
    )
    return tuple(CategoryLink(row.pk, row.slug, row.name) for row in rows)


def struck_prices_fen(sku_ids: Iterable[int], *, before: datetime | None = None) -> dict[int, int]:
    """What may stand struck through beside a SKU's price: its lowest real price, in fen, of the
    seven days before its present price began. One query, from `PriceChange` alone.

    Only SKUs that are cheaper now than that are in the answer. With `before`, of the seven days
    before a promotion that began then: every SKU that had a price is in it, and the caller shows
    it only beside a promotion's price that is lower.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _STRUCK_PRICES_BEFORE if before else _STRUCK_PRICES,
            {"skus": list(sku_ids), "before": before},
        )
        return {sku_id: fen for sku_id, fen in cursor.fetchall() if fen is not None}


def purchase_limits(sku_ids: Iterable[int]) -> dict[int, int]:
    """How many pieces of its product one person may buy, by SKU; SKUs without a limit are left
    out. One query."""
    rows = Sku.objects.filter(pk__in=list(sku_ids), product__purchase_limit__isnull=False)
    limits = rows.values_list("pk", "product__purchase_limit")
    return {pk: limit for pk, limit in limits if limit is not None}


def exempt_skus(sku_ids: Iterable[int]) -> dict[int, str]:
    """Those of the SKUs that the law exempts from 七天无理由, with the reason in words.

    The checkout asks the buyer to agree to them separately. One query.
    """
    rows = Sku.objects.filter(pk__in=list(sku_ids), return_rule=ReturnRule.EXEMPT)
    return {pk: _exempt_because(reason) for pk, reason in rows.values_list("pk", "return_reason")}


def low_stock_count(store_id: int | None = None) -> int:
    """How many SKUs on sale, of one store or of all, have less left than their own threshold."""
    rows = Sku.objects.filter(removed_at=None, product__state=ProductState.ON_SALE)
    if store_id is not None:
        rows = rows.filter(store_id=store_id)
    return rows.filter(on_hand__lt=F("reserved") + F("low_stock_below")).count()


def photo_src(name: str, width: int = WIDTHS[0]) -> str:
    """The address of a photo's derivative at one of WIDTHS; "" for no photo."""
    return default_storage.url(derivative(name, width)) if name else ""


# The prices that a SKU had in the seven days before an instant: those that began in them, and the
# one that it had when they began.
_LOWEST_BEFORE = """
    SELECT min(had.after_fen) FROM catalog_pricechange had
    WHERE had.sku_id = {sku}.id AND had.changed_at < {began} AND had.changed_at >= COALESCE((
        SELECT max(first.changed_at) FROM catalog_pricechange first
        WHERE first.sku_id = {sku}.id AND first.changed_at <= {began} - interval '7 days'
    ), '-infinity')
"""
_STRUCK = """(
    SELECT CASE WHEN lowest.fen > {sku}.price_fen THEN lowest.fen END
    FROM (
        SELECT changed_at FROM catalog_pricechange
        WHERE sku_id = {sku}.id ORDER BY id DESC LIMIT 1
    ) present CROSS JOIN LATERAL (
        SELECT ({lowest}) AS fen
    ) lowest
)""".replace("{lowest}", _LOWEST_BEFORE.replace("{began}", "present.changed_at"))
_STRUCK_OF_ROW: RawSQL = RawSQL(_STRUCK.format(sku="catalog_sku"), ())  # noqa: S611 (nothing from outside)
_STRUCK_PRICES = (
    f"SELECT sku.id, {_STRUCK.format(sku='sku')} FROM catalog_sku sku WHERE sku.id = ANY(%(skus)s)"
)
_STRUCK_PRICES_BEFORE = (
    f"SELECT sku.id, ({_LOWEST_BEFORE.format(sku='sku', began='%(before)s::timestamptz')}) "
    f"FROM catalog_sku sku WHERE sku.id = ANY(%(skus)s)"
)

# By hand: each product's cheapest SKU with what it cost before, the dearest, and what is left.
_FIGURES = f"""
    SELECT sku.product_id, sku.price_fen, sku.high, sku.available, {_STRUCK.format(sku="sku")}
    FROM (
        SELECT DISTINCT ON (product_id) id, product_id, price_fen,
            max(price_fen) OVER each AS high, sum(on_hand - reserved) OVER each AS available
        FROM catalog_sku WHERE product_id = ANY(%s) AND removed_at IS NULL
        WINDOW each AS (PARTITION BY product_id) ORDER BY product_id, price_fen, id
    ) sku
"""

# By hand, because every order reads it twice and building it costs more than running it.
_SKUS_FOR_SALE = """
    SELECT sku.id, sku.public_id, sku.store_id, sku.product_id, product.public_id, product.title,
        sku.name, sku.price_fen, sku.on_hand - sku.reserved,
        COALESCE(NULLIF(sku.photo, ''), (
            SELECT photo.image FROM catalog_productphoto photo
            WHERE photo.product_id = sku.product_id ORDER BY photo.position, photo.id LIMIT 1
        ), ''),
        product.state = 'on_sale' AND sku.removed_at IS NULL
            AND (product.on_sale_from IS NULL OR product.on_sale_from <= %s)
            AND (product.on_sale_until IS NULL OR product.on_sale_until > %s),
        sku.weight_g, sku.volume_cm3, sku.return_rule, product.purchase_limit,
        product.freight_template_id, sku.return_reason, product.fulfilment
    FROM catalog_sku sku JOIN catalog_product product ON product.id = sku.product_id
    WHERE {condition} ORDER BY sku.id
"""


# By hand, because each store's few are read from the index, however many the store has.
_FIRST_PRODUCTS = """
    SELECT product.id FROM unnest(%(stores)s::bigint[]) WITH ORDINALITY AS shop (id, turn)
    CROSS JOIN LATERAL (
        SELECT id, position FROM catalog_product
        WHERE store_id = shop.id AND state = 'on_sale'
            AND (on_sale_from IS NULL OR on_sale_from <= %(now)s)
            AND (on_sale_until IS NULL OR on_sale_until > %(now)s)
        ORDER BY position, id LIMIT %(limit)s
    ) AS product ORDER BY shop.turn, product.position, product.id
"""


# By hand, because what was chosen and what stands in for it come in one trip.
_RELATED = """
    WITH chosen AS (
        SELECT to_product_id AS id, id AS turn FROM catalog_product_related
        WHERE from_product_id = %(product)s
    )
    SELECT product.id FROM catalog_product product LEFT JOIN chosen ON chosen.id = product.id
    WHERE product.store_id = %(store)s AND product.id <> %(product)s
        AND product.state = 'on_sale'
        AND (product.on_sale_from IS NULL OR product.on_sale_from <= %(now)s)
        AND (product.on_sale_until IS NULL OR product.on_sale_until > %(now)s)
        AND (chosen.id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM chosen))
    ORDER BY chosen.turn, product.position, product.id LIMIT %(limit)s
"""


def _skus_for_sale(
    condition: str, value: str | int | list[int], now: datetime | None
) -> list[SkuForSale]:
    now = now or clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_SKUS_FOR_SALE.format(condition=condition), [now, now, value])
        return [SkuForSale(*row) for row in cursor.fetchall()]


def _cards(products: Sequence[Product]) -> tuple[ProductCard, ...]:
    ids = [product.pk for product in products]
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, [ids])
        figures = {product_id: figure for product_id, *figure in cursor.fetchall()}
    covers = {
        photo.product_id: photo
        for photo in ProductPhoto.objects.filter(product_id__in=ids)
        .order_by("product_id", "position", "id")
        .distinct("product_id")
    }
    cards = []
    for product in products:
        low, high, available, struck = figures.get(product.pk, (0, 0, 0, None))
        cover = covers.get(product.pk)
        cards.append(
            ProductCard(
                id=product.pk,
                public_id=product.public_id,
                store_id=product.store_id,
                store_slug=product.store.slug,
                store_name=product.store.name,
                title=product.title,
                subtitle=product.subtitle,
                price_fen=low,
                has_price_range=low != high,
                sold_out=not available,
                photo=_photo(cover, product.title) if cover else None,
                share_image=_share_image(cover) if cover else "",
                struck_fen=struck,
            )
        )
    return tuple(cards)


def _is_matrix(skus: Sequence[SkuChoice]) -> bool:
    axes = {tuple(name for name, _value in sku.options) for sku in skus}
    return len(axes) == 1 and axes != {()}


def on_sale(prefix: str = "") -> Q:
    """What may be bought at this instant: published, and within its own times."""
    now = clock.now()
    begun = Q(**{f"{prefix}on_sale_from": None}) | Q(**{f"{prefix}on_sale_from__lte": now})
    going = Q(**{f"{prefix}on_sale_until": None}) | Q(**{f"{prefix}on_sale_until__gt": now})
    return Q(**{f"{prefix}state": ProductState.ON_SALE}) & begun & going


def _exempt_because(reason: str) -> str:
    return str(ReturnReason(reason).label) if reason else ""


def _share_image(photo: ProductPhoto) -> str:
    return default_storage.url(share_name(str(photo.image)))


def _photo(photo: ProductPhoto, title: str) -> Photo:
    name = str(photo.image)
    sizes = [
        f"{default_storage.url(derivative(name, width))} {width}w"
        for width in WIDTHS
        if width < photo.width
    ]
    return Photo(
        src=photo_src(name, WIDTHS[-1]),
        srcset=", ".join([*sizes, f"{default_storage.url(name)} {photo.width}w"]),
        width=photo.width,
        height=photo.height,
        alt=photo.alt or title,
        name=derivative(name, WIDTHS[-1]),
    )
