"""Products in lists: cards, shelves, and what goes with a product."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from catalog.models import Category, Product, ProductPhoto
from catalog.queries.photos import Photo, photo_of, share_image_of
from catalog.queries.sale import on_sale_now
from catalog.queries.struck import STRUCK
from core import clock

PAGE_SIZE = 20
MAX_PAGE = 500
MAX_WORDS = 5


@dataclass(frozen=True)
class CategoryLink:
    """One of a store's shelves, for its tabs."""

    id: int
    slug: str
    name: str


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


def product_cards(
    *,
    store_id: int | None = None,
    category_id: int | None = None,
    tag: str = "",
    words: str = "",
    page: int = 1,
    limit: int = PAGE_SIZE,
    without: Collection[int] = (),
) -> CardPage:
    """Products on sale in open stores, in three queries.

    Of one store, or of one category, or of the whole platform, and only with `tag` if there is one,
    and with every one of `words` in title, subtitle, brand, tags or the store's name, and none of those `without`; the stores' own order decides, and on the platform the first of every store come before the second.
    """
    products = Product.objects.filter(on_sale_now(), store__is_open=True)
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
    if without:
        products = products.exclude(pk__in=without)
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
        .filter(on_sale_now("products__"))
        .distinct()
        .order_by("position", "id")
    )
    return tuple(CategoryLink(row.pk, row.slug, row.name) for row in rows)


# By hand: each product's cheapest SKU with what it cost before, the dearest, and what is left.
_FIGURES = f"""
    SELECT sku.product_id, sku.price_fen, sku.high, sku.available, {STRUCK.format(sku="sku")}
    FROM (
        SELECT DISTINCT ON (product_id) id, product_id, price_fen,
            max(price_fen) OVER each AS high, sum(on_hand - reserved) OVER each AS available
        FROM catalog_sku WHERE product_id = ANY(%s) AND removed_at IS NULL
        WINDOW each AS (PARTITION BY product_id) ORDER BY product_id, price_fen, id
    ) sku
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
                photo=photo_of(cover, product.title) if cover else None,
                share_image=share_image_of(cover) if cover else "",
                struck_fen=struck,
            )
        )
    return tuple(cards)
