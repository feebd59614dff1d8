"""What the storefront's pages put together from several apps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.groupbuy.queries import (
    OfferCard,
    OpenGroup,
    ShelfOffer,
    campaign_for_product,
    open_groups,
    products_on_offer,
    shelf_offers,
)
from catalog.queries import (
    ProductCard,
    ProductPage,
    Shelf,
    SkuChoice,
    cards_of,
    product_cards,
    product_page,
    store_shelf,
)
from stores.queries import StoreInfo, store_by_id, store_by_slug, stores_open

STORES_AT_HOME = 8
CARDS_PER_STORE = 6
PICKS = 6
GROUPS_SHOWN = 3


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
    picks: tuple[Item, ...]
    shops: tuple[ShopWindow, ...]


@dataclass(frozen=True)
class StorePage:
    store: StoreInfo
    shelf: Shelf
    items: tuple[Item, ...]


@dataclass(frozen=True)
class SkuOption:
    """A SKU in the sheet; `group_fen` is None outside the campaign."""

    sku: SkuChoice
    group_fen: int | None
    is_first: bool


@dataclass(frozen=True)
class ProductView:
    """Everything on a product's public page."""

    product: ProductPage
    store: StoreInfo
    offer: OfferCard | None
    groups: tuple[OpenGroup, ...]
    choices: tuple[SkuOption, ...]
    can_buy: bool


def home_page(*, now: datetime) -> Home:
    """Group-buys that run now, then every open store with its first goods."""
    picked = products_on_offer(now=now, limit=PICKS)
    cards = cards_of(picked)
    stores = stores_open(limit=STORES_AT_HOME)
    shelves = {
        store.id: product_cards(store_id=store.id, limit=CARDS_PER_STORE).cards for store in stores
    }
    every = [*cards.values(), *(card for shelf in shelves.values() for card in shelf)]
    offers = shelf_offers({card.id for card in every}, now=now)
    return Home(
        picks=tuple(Item(cards[pk], offers.get(pk)) for pk in picked if pk in cards),
        shops=tuple(
            ShopWindow(store, _items(shelves[store.id], offers))
            for store in stores
            if shelves[store.id]
        ),
    )


def store_page(slug: str, *, category: str | None, page: int, now: datetime) -> StorePage | None:
    """A store's shelf or one of its categories; None when there is no such place."""
    store = store_by_slug(slug)
    shelf = store_shelf(store.id, category, page) if store else None
    if store is None or shelf is None:
        return None
    offers = shelf_offers({card.id for card in shelf.page.cards}, now=now)
    return StorePage(store, shelf, _items(shelf.page.cards, offers))


def product_view(public_id: str, *, now: datetime) -> ProductView | None:
    """A product's page; None for drafts and unknown ids."""
    product = product_page(public_id)
    store = store_by_id(product.store_id) if product else None
    if product is None or store is None:
        return None
    offer = campaign_for_product(product.id, now=now)
    prices = offer.prices if offer else {}
    can_buy = product.on_sale and store.is_open and not product.sold_out
    first = next((sku.id for sku in product.skus if sku.available > 0), None)
    return ProductView(
        product=product,
        store=store,
        offer=offer,
        groups=open_groups(offer.campaign_id, now=now, limit=GROUPS_SHOWN) if offer else (),
        choices=tuple(SkuOption(sku, prices.get(sku.id), sku.id == first) for sku in product.skus),
        can_buy=can_buy,
    )


def _items(cards: Sequence[ProductCard], offers: dict[int, ShelfOffer]) -> tuple[Item, ...]:
    return tuple(Item(card, offers.get(card.id)) for card in cards)
