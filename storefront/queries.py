"""What the storefront's pages put together from several apps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.bargain.queries import BargainTerms, bargains_for_product
from campaigns.coupons.queries import store_offers_coupons
from campaigns.flash.queries import FlashTerms, flash_for_product, flash_is_on
from campaigns.groupbuy.joinable import OpenGroup, open_groups
from campaigns.groupbuy.queries import (
    OfferCard,
    ShelfOffer,
    campaign_for_product,
    products_on_offer,
    shelf_offers,
)
from campaigns.reductions.queries import RunningReduction, reductions_running
from catalog.queries import (
    CardPage,
    ProductCard,
    ProductPage,
    Shelf,
    SkuChoice,
    cards_of,
    first_products,
    product_cards,
    product_page,
    related_products,
    store_shelf,
)
from community.queries import EntryLink, entries_open
from freight.queries import tariff_words, tariffs
from stores.queries import StoreInfo, store_by_id, store_by_slug, stores_open

STORES_AT_HOME = 8
CARDS_PER_STORE = 6
PICKS = 6
GROUPS_SHOWN = 3
RELATED = 6
LAST_HOME_PAGE = 100


@dataclass(frozen=True)
class Item:
    """A product in a list, with its group price if it has one."""

    card: ProductCard
    offer: ShelfOffer | None


@dataclass(frozen=True)
class ShopWindow:
    """A store on the home page."""

    store: StoreInfo
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Home:
    """`picks` are on the first page only; `page` counts from 1."""

    picks: tuple[Item, ...]
    shops: tuple[ShopWindow, ...]
    page: int
    has_next: bool
    has_previous: bool
    has_flash: bool


@dataclass(frozen=True)
class StorePage:
    store: StoreInfo
    shelf: Shelf
    items: tuple[Item, ...]
    has_coupons: bool
    entries: tuple[EntryLink, ...]


@dataclass(frozen=True)
class SearchPage:
    items: tuple[Item, ...]
    page: CardPage


@dataclass(frozen=True)
class SkuOption:
    """A SKU in the sheet; `group_fen` is None outside the campaign, `lead_fen` is what opening a
    group costs."""

    sku: SkuChoice
    group_fen: int | None
    lead_fen: int | None
    is_first: bool


@dataclass(frozen=True)
class Exempt:
    """SKUs that cannot be sent back without a reason, and the law's name for why."""

    names: str
    because: str


@dataclass(frozen=True)
class ProductView:
    """Everything on a product's public page."""

    product: ProductPage
    store: StoreInfo
    offer: OfferCard | None
    groups: tuple[OpenGroup, ...]
    bargains: tuple[BargainTerms, ...]
    flash: tuple[FlashTerms, ...]
    choices: tuple[SkuOption, ...]
    can_buy: bool
    reductions: tuple[RunningReduction, ...]
    has_coupons: bool
    freight: str
    returns_all: bool
    exempts: tuple[Exempt, ...]
    related: tuple[Item, ...]


def home_page(page: int, *, now: datetime) -> Home:
    """Group-buys that run now, then open stores with their first goods: as many queries for a
    hundred stores as for one."""
    page = min(page, LAST_HOME_PAGE)
    picked = products_on_offer(now=now, limit=PICKS) if page == 1 else []
    found = stores_open(limit=STORES_AT_HOME + 1, start=(page - 1) * STORES_AT_HOME)
    stores = found[:STORES_AT_HOME]
    firsts = first_products([store.id for store in stores], limit=CARDS_PER_STORE)
    cards = cards_of([*picked, *firsts])
    offers = shelf_offers(cards, now=now)
    shelves = {
        store.id: [cards[pk] for pk in firsts if cards[pk].store_id == store.id] for store in stores
    }
    return Home(
        picks=_items([cards[pk] for pk in picked], offers),
        shops=tuple(
            ShopWindow(store, _items(shelves[store.id], offers))
            for store in stores
            if shelves[store.id]
        ),
        page=page,
        has_next=len(found) > STORES_AT_HOME and page < LAST_HOME_PAGE,
        has_previous=page > 1,
        has_flash=page == 1 and flash_is_on(now=now),
    )


def store_page(
    slug: str, *, category: str | None, page: int, now: datetime, tag: str = ""
) -> StorePage | None:
    """A store's shelf or one of its categories; None when there is no such place."""
    store = store_by_slug(slug)
    shelf = store_shelf(store.id, category, page, tag=tag) if store else None
    if store is None or shelf is None:
        return None
    offers = shelf_offers({card.id for card in shelf.page.cards}, now=now)
    has_coupons = store_offers_coupons(store.id, now=now)
    items = _items(shelf.page.cards, offers)
    return StorePage(store, shelf, items, has_coupons, entries_open(store.id))


def search_page(words: str, page: int, *, now: datetime) -> SearchPage:
    """What is on sale with these words; nothing is looked for without any."""
    if not words:
        return SearchPage((), CardPage((), 1, False, False))
    found = product_cards(words=words, page=page)
    offers = shelf_offers({card.id for card in found.cards}, now=now)
    return SearchPage(_items(found.cards, offers), found)


def _freight_words(product: ProductPage) -> str:
    """What the product's freight template says; "" when the store's flat fee holds."""
    if product.freight_id is None:
        return ""
    return tariff_words(tariffs([product.freight_id])[product.freight_id])


def product_view(public_id: str, *, now: datetime) -> ProductView | None:
    """A product's page; None for drafts and unknown ids."""
    product = product_page(public_id)
    store = store_by_id(product.store_id) if product else None
    if product is None or store is None:
        return None
    offer = campaign_for_product(product.id, now=now)
    prices = offer.prices if offer else {}
    lead_prices = {**prices, **offer.leader_prices} if offer else {}
    can_buy = product.on_sale and store.is_open and not product.sold_out
    first = next((sku.id for sku in product.skus if sku.available > 0), None)
    return ProductView(
        product=product,
        store=store,
        offer=offer,
        groups=open_groups(offer.campaign_id, now=now, limit=GROUPS_SHOWN) if offer else (),
        bargains=bargains_for_product(product.id, in_wechat=True, now=now) if can_buy else (),
        flash=flash_for_product(product.id, now=now) if can_buy else (),
        choices=tuple(
            SkuOption(sku, prices.get(sku.id), lead_prices.get(sku.id), sku.id == first)
            for sku in product.skus
        ),
        can_buy=can_buy,
        reductions=tuple(
            reductions_running(store.id, sku_ids=[sku.id for sku in product.skus], now=now)
        ),
        has_coupons=store_offers_coupons(store.id, now=now),
        freight=_freight_words(product),
        returns_all=bool(product.skus) and not any(sku.exempt_because for sku in product.skus),
        exempts=_exempts(product.skus),
        related=_related(product, now=now),
    )


def _related(product: ProductPage, *, now: datetime) -> tuple[Item, ...]:
    ids = related_products(product.id, product.store_id, limit=RELATED)
    if not ids:
        return ()
    cards = cards_of(ids)
    offers = shelf_offers(cards, now=now)
    return _items([cards[pk] for pk in ids], offers)


def _exempts(skus: Sequence[SkuChoice]) -> tuple[Exempt, ...]:
    """One line for each reason, with the SKUs that it holds for."""
    reasons = dict.fromkeys(sku.exempt_because for sku in skus if sku.exempt_because)
    named = {why: [sku.name for sku in skus if sku.exempt_because == why] for why in reasons}
    return tuple(
        Exempt(_("本商品") if len(names) == len(skus) else "、".join(names), why)
        for why, names in named.items()
    )


def _items(cards: Sequence[ProductCard], offers: dict[int, ShelfOffer]) -> tuple[Item, ...]:
    return tuple(Item(card, offers.get(card.id)) for card in cards)
