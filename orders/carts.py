"""Reads of carts: what is in them, what of it can be bought now, and what that costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from catalog.queries import SkuForSale, skus_for_sale
from orders.adjusters import Asked, Wish, discounts_and_wishes
from orders.exemption import notice, wording
from orders.freights import OrderFreight, freight_of
from orders.models import CartLine, Order
from orders.pricing import MAX_QUANTITY, AmountRefused, PricedItem, Quote, quote
from orders.queries import bought_quantities
from orders.services.cart import Owner
from orders.services.refusals import OrderRefused
from stores.queries import StoreInfo, stores_by_id


@dataclass(frozen=True)
class CartItem:
    """A row of the cart. `was_fen` is the price when it was put in, if that has changed, else 0.

    `problem` says why it cannot be bought as it is; `can_have` how many could be.
    """

    sku: SkuForSale
    quantity: int
    selected: bool
    was_fen: int
    problem: str
    can_have: int

    @property
    def amount_fen(self) -> int:
        return self.sku.price_fen * self.quantity


@dataclass(frozen=True)
class CartStore:
    """One store's rows that can be bought, and what the selected ones cost; None for none."""

    store: StoreInfo
    items: tuple[CartItem, ...]
    cost: Quote | None
    too_much: str
    freight: OrderFreight | None = None
    fetched_at: str = ""
    wishes: tuple[Wish, ...] = ()

    @property
    def exemptions(self) -> tuple[str, ...]:
        """What the buyer has to agree to, a sentence for each of the chosen goods that asks for it."""
        return tuple(said for item in self.chosen if (said := wording(item.sku)))

    @property
    def exempt_notices(self) -> tuple[str, ...]:
        """What else of the chosen goods is not taken back without a reason."""
        return tuple(said for item in self.chosen if (said := notice(item.sku)))

    @property
    def chosen(self) -> tuple[CartItem, ...]:
        return tuple(item for item in self.items if item.selected)

    @property
    def all_selected(self) -> bool:
        return all(item.selected for item in self.items)


@dataclass(frozen=True)
class Cart:
    """Somebody's cart: by store, and aside what cannot be bought now."""

    stores: tuple[CartStore, ...]
    aside: tuple[CartItem, ...]

    @property
    def is_empty(self) -> bool:
        return not self.stores and not self.aside

    @property
    def left_out(self) -> tuple[CartItem, ...]:
        """What is selected and cannot be bought."""
        return tuple(item for item in self.aside if item.selected)

    @property
    def pieces(self) -> int:
        return sum(item.quantity for one in self.stores for item in one.chosen)

    @property
    def payable_fen(self) -> int:
        return sum(one.cost.payable_fen for one in self.stores if one.cost)

    @property
    def all_selected(self) -> bool:
        return bool(self.stores) and all(one.all_selected for one in self.stores)

    @property
    def chosen(self) -> tuple[CartStore, ...]:
        """The stores that something is selected of, and that can be checked out."""
        return tuple(one for one in self.stores if one.cost)


def cart_of(
    owner: Owner,
    *,
    now: datetime,
    province: str = "",
    wishes: Mapping[int, Mapping[str, str]] | None = None,
    fetched: Mapping[int, str] | None = None,
) -> Cart:
    """The owner's cart, the newest first, in three queries and what discounts, freight
    and purchase limits need.

    `province` is the code of where it goes; without one freight is each template's least. `wishes`
    are the discounts that the shopper chose, by store; None where there is nothing to choose.
    `fetched` are the places where the shopper fetches a store's goods, by store.
    """
    lines = list(owner.lines().order_by("-added_at", "-id"))
    skus = skus_for_sale([line.sku_id for line in lines])
    stores = stores_by_id({sku.store_id for sku in skus.values()})
    allowances = _Allowances(owner, skus.values())
    items = [_item(line, skus[line.sku_id], stores, allowances) for line in lines]
    sound = [item for item in items if not item.problem]
    return Cart(
        stores=tuple(
            _store(
                stores[store_id],
                [item for item in sound if item.sku.store_id == store_id],
                owner,
                now=now,
                province=province,
                wishes=None if wishes is None else wishes.get(store_id, {}),
                fetched_at=(fetched or {}).get(store_id, ""),
            )
            for store_id in dict.fromkeys(item.sku.store_id for item in sound)
        ),
        aside=tuple(item for item in items if item.problem),
    )


def cart_size(owner: Owner) -> int:
    """How many different goods are in it, in one query."""
    return owner.lines().count()


def ordered_stores(user_id: int, checkout_ref: str) -> set[int]:
    """The stores that a checkout of the person's cart has an order of, in one query."""
    rows = Order.objects.filter(buyer_id=user_id, checkout_ref=checkout_ref)
    return set(rows.values_list("store_id", flat=True)) if checkout_ref else set()


class _Allowances:
    """What the owner may still buy of products with a purchase limit, in one query or none.

    Rows that are selected use it up one after the other: two SKUs of one product share its limit.
    """

    def __init__(self, owner: Owner, skus: Iterable[SkuForSale]) -> None:
        limits = {
            sku.product_id: sku.purchase_limit for sku in skus if sku.purchase_limit is not None
        }
        bought: dict[int, int] = {}
        if limits and owner.user_id is not None:
            bought = bought_quantities(owner.user_id, limits)
        self._left = {one: max(limit - bought.get(one, 0), 0) for one, limit in limits.items()}

    def of(self, line: CartLine, sku: SkuForSale) -> int:
        """How many pieces the row may hold."""
        left = self._left.get(sku.product_id, MAX_QUANTITY)
        if line.selected and line.quantity <= min(left, sku.available):
            self._left[sku.product_id] = left - line.quantity
        return left


def _item(
    line: CartLine,
    sku: SkuForSale,
    stores: Mapping[int, StoreInfo],
    allowances: _Allowances,
) -> CartItem:
    is_open, quantity = stores[sku.store_id].is_open, line.quantity
    buyable = sku.on_sale and is_open and not sku.is_digital
    allowed = allowances.of(line, sku) if buyable else 0
    problem = ""
    if not sku.on_sale:
        problem = _("已下架")
    elif not is_open:
        problem = _("店铺休息中")
    elif sku.is_digital:
        problem = _("虚拟商品请在商品页直接购买")
    elif sku.available < 1:
        problem = _("已售罄")
    elif sku.available < quantity:
        problem = _("只剩 %(left)d 件") % {"left": sku.available}
    elif allowed < 1:
        problem = _("每人限购 %(limit)d 件，已经买满了") % {"limit": sku.purchase_limit}
    elif allowed < quantity:
        problem = _("每人限购 %(limit)d 件，还能买 %(left)d 件") % {
            "limit": sku.purchase_limit,
            "left": allowed,
        }
    return CartItem(
        sku=sku,
        quantity=quantity,
        selected=line.selected,
        was_fen=line.seen_fen if line.seen_fen != sku.price_fen else 0,
        problem=problem,
        can_have=max(min(sku.available, allowed), 0),
    )


def _store(
    store: StoreInfo,
    items: Sequence[CartItem],
    owner: Owner,
    *,
    now: datetime,
    province: str,
    wishes: Mapping[str, str] | None,
    fetched_at: str,
) -> CartStore:
    cost, too_much = None, ""
    offered: tuple[Wish, ...] = ()
    chosen = [item for item in items if item.selected]
    freight = freight_of(
        store.freight_fen,
        [item.sku for item in chosen],
        province=province,
        is_posted=not fetched_at,
    )
    if chosen:
        try:
            cost, offered = _cost(chosen, owner, freight=freight, wishes=wishes, now=now)
        except AmountRefused as error:
            too_much = str(error)
    return CartStore(
        store=store,
        items=tuple(items),
        cost=cost,
        too_much=too_much,
        freight=freight,
        fetched_at=fetched_at,
        wishes=offered,
    )


def _cost(
    items: Sequence[CartItem],
    owner: Owner,
    *,
    freight: OrderFreight,
    wishes: Mapping[str, str] | None,
    now: datetime,
) -> tuple[Quote, tuple[Wish, ...]]:
    store_id = items[0].sku.store_id
    priced = tuple(
        PricedItem(item.sku.id, item.quantity, item.sku.price_fen, item.sku.price_fen)
        for item in items
    )
    # A guest has no coupons and no points, but everybody gets a store's full reduction.
    asked = Asked(owner.user_id or 0, store_id, priced, freight, wishes or {})
    try:
        discounts, offered = discounts_and_wishes(asked, now=now, with_wishes=wishes is not None)
    except OrderRefused:  # a wish that cannot be granted is left out: placing says why
        asked = replace(asked, wishes={})
        discounts, offered = discounts_and_wishes(asked, now=now, with_wishes=wishes is not None)
    return quote(priced, freight=freight, discounts=discounts), offered
