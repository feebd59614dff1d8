"""What a checkout sells, and why it may not."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from catalog.queries import SkuForSale
from orders.pricing import MAX_QUANTITY
from stores.queries import PickupPlace, StoreInfo, pickup_places, store_by_id


@dataclass(frozen=True)
class Choice:
    """A SKU that this checkout sells, and what one costs here. What `goes_on` is sold here after its
    product was withdrawn, too; `kept` pieces are reserved for this buyer already."""

    sku: SkuForSale
    unit_price_fen: int
    goes_on: bool = False
    kept: int = 0

    @property
    def offered(self) -> bool:
        return self.sku.on_sale or self.goes_on

    @property
    def buyable(self) -> bool:
        return self.offered and self.sku.available + self.kept > 0

    @property
    def buyable_alone(self) -> bool:
        return self.sku.on_sale and self.sku.available > 0


@dataclass(frozen=True)
class ForSale:
    """What a checkout sells: the SKUs of one product, at most `limit` of one in an order. `takes`
    are the kinds of discounts that its price takes (`orders.pricing.KINDS`)."""

    store_id: int
    title: str
    photo: str
    back_url: str
    choices: tuple[Choice, ...]
    limit: int = MAX_QUANTITY
    takes: Collection[str] = ()
    about: Any = None

    def chosen(self, sku: str) -> Choice:
        """The one that is marked: the one asked for, or the first that can be bought."""
        asked = [choice for choice in self.choices if choice.sku.public_id == sku]
        buyable = [choice for choice in self.choices if choice.buyable]
        return (asked or buyable or list(self.choices))[0]

    @property
    def alone_url(self) -> str:
        """Where the first of it that can be had is bought at its own price, whatever the campaign says;
        "" when none can be."""
        had = next((one.sku.public_id for one in self.choices if one.buyable_alone), "")
        if not had or not self.store.is_open:
            return ""
        query = urlencode({"sku": had, "quantity": "1", "draft": "1"})
        return f"{reverse('orders:checkout')}?{query}"

    @cached_property
    def store(self) -> StoreInfo:
        """Read when a page shows it: an order that goes through needs none of it."""
        store = store_by_id(self.store_id)
        assert store is not None
        return store

    @cached_property
    def places(self) -> tuple[PickupPlace, ...]:
        """Where the buyer may fetch it, read when it is asked for; nowhere what is delivered on a
        screen."""
        if all(choice.sku.is_digital for choice in self.choices):
            return ()
        return pickup_places({self.store_id}).get(self.store_id, ())


@dataclass(frozen=True)
class Refusal:
    """Why not, and what to do now.

    `was_fen` is the total that was shown, when it has changed. After a `final` one there is no use
    in the form: it is shown only when something was typed in it.
    """

    message: str
    next_label: str = ""
    next_url: str = ""
    was_fen: int = 0
    final: bool = False
    status: int = 409


class Refused(Exception):
    """Buying is refused; the page shows the refusal and keeps what was typed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
