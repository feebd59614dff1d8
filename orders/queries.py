"""Reads for the apps above and for staff. What the buyer's own pages show is read in `pages.py`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from orders.models import Order
from orders.states import OrderState


@dataclass(frozen=True)
class OrderBrief:
    """As much of an order as an app above may want to know."""

    id: int
    public_id: str
    store_id: int
    buyer_id: int
    state: OrderState
    payment_id: int | None
    placed_at: datetime
    pay_before: datetime
    cancel_reason: str

    @property
    def is_awaiting(self) -> bool:
        """Neither paid nor closed yet."""
        return self.state == OrderState.AWAITING_PAYMENT

    @property
    def is_held(self) -> bool:
        """Paid, and waiting for a hold to be released."""
        return self.state == OrderState.ON_HOLD

    @property
    def is_closed(self) -> bool:
        """Never paid, and never will be kept if it is."""
        return self.state == OrderState.CLOSED


def orders_brief(order_ids: Iterable[int]) -> dict[int, OrderBrief]:
    """Orders by id, in one query."""
    return {brief.id: brief for brief in _briefs(Order.objects.filter(pk__in=list(order_ids)))}


def order_brief_by_ref(order_ref: str) -> OrderBrief | None:
    """The order with that public id. It opens nothing: show it to its buyer or its store only."""
    return next(iter(_briefs(Order.objects.filter(public_id=order_ref))), None)


def orders_of_store(store_id: int, *, state: str = "") -> QuerySet[Order]:
    """A store's orders for its staff, newest first, with what the list shows."""
    rows = Order.objects.filter(store_id=store_id).select_related("buyer")
    if state:
        rows = rows.filter(state=state)
    return rows.prefetch_related("lines").order_by("-pk")


def orders_to_ship(store_id: int) -> QuerySet[Order]:
    """What the store has to send, the longest-waiting first."""
    rows = Order.objects.filter(store_id=store_id, state=OrderState.TO_SHIP)
    return rows.prefetch_related("lines").order_by("released_at", "pk")


def _briefs(rows: QuerySet[Order]) -> list[OrderBrief]:
    values = rows.values_list(
        "id",
        "public_id",
        "store_id",
        "buyer_id",
        "state",
        "payment_id",
        "placed_at",
        "pay_before",
        "cancel_reason",
    )
    return [
        OrderBrief(pk, ref, store, buyer, OrderState(state), *rest)
        for pk, ref, store, buyer, state, *rest in values
    ]
