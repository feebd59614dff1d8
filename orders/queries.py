"""Reads for the apps above and for staff. What the buyer's own pages show is read in `pages.py`."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.db.models import Count, F, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.queries import user_id_by_phone
from core.prepared import Prepared
from orders.amounts import line_paid_fen
from orders.models import Invoice, Order, OrderLine, Shipment
from orders.states import InvoiceState, OrderState
from stores.queries import store_ids


def bought_quantities(buyer_id: int, product_ids: Iterable[int]) -> dict[int, int]:
    """Pieces of each product in this person's orders, paid or still payable; closed and cancelled
    ones do not count, nor do cancelled lines. Products without any are left out. One query."""
    rows = (
        OrderLine.objects.filter(
            order__buyer_id=buyer_id, sku__product_id__in=list(product_ids), cancelled_at=None
        )
        .exclude(order__state__in=[OrderState.CLOSED, OrderState.CANCELLED])
        .order_by()
        .values_list("sku__product_id")
        .annotate(pieces=Sum("quantity"))
    )
    return dict(rows)


def has_paid(user_id: int) -> bool:
    """Whether the person ever bought something, in any store. Money that all went back (it came too
    late, a group failed) bought nothing."""
    return _bought(user_id).exists()


def has_paid_at(user_id: int, store_id: int) -> bool:
    """Whether the person ever bought something in this store."""
    return _bought(user_id).filter(store_id=store_id).exists()


def _bought(user_id: int) -> QuerySet[Order]:
    paid = Order.objects.filter(buyer_id=user_id, paid_at__isnull=False)
    return paid.exclude(state=OrderState.CANCELLED)


def unit_price_fen(order_id: int) -> int:
    """What a piece of a campaign's order, which has one line, was sold for."""
    lines = OrderLine.objects.filter(order_id=order_id).order_by("pk")
    return lines.values_list("unit_price_fen", flat=True)[0]


def sku_bought(order_id: int) -> str:
    """The public id of what a campaign's order, which has one line, is about."""
    lines = OrderLine.objects.filter(order_id=order_id).order_by("pk")
    return str(lines.values_list("sku__public_id", flat=True)[0])


class Outcome(Enum):
    """What became of an order's payment."""

    AWAITING = "awaiting"
    PAID = "paid"
    CLOSED = "closed"


def order_outcome(order_id: int) -> Outcome:
    """Whether the order was paid in time, closed unpaid, or neither yet. Money that came after the
    closing changes nothing: it goes back. Raises Order.DoesNotExist."""
    state, closed_at = Order.objects.values_list("state", "closed_at").get(pk=order_id)
    if closed_at is not None:
        return Outcome.CLOSED
    return Outcome.AWAITING if state == OrderState.AWAITING_PAYMENT else Outcome.PAID


# Orders of a store that were placed in a time, paid and not given up, and what they kept: what was
# paid without what was asked back of it (a line given up, a ladder, an agreement). For a statement of an app above.
KEPT_ORDERS = """
    SELECT placed.id, placed.buyer_id, placed.placed_at,
        placed.payable_fen - COALESCE(payment.refunded_fen, 0) AS kept_fen
    FROM orders_order placed LEFT JOIN payments_payment payment ON payment.id = placed.payment_id
    WHERE placed.store_id = %(store)s AND placed.placed_at BETWEEN %(since)s AND %(now)s
        AND placed.paid_at IS NOT NULL AND placed.state <> 'cancelled'
"""


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


def orders_brief(order_ids: Iterable[int]) -> dict[int, OrderBrief]:
    """Orders by id, in one query."""
    return {brief.id: brief for brief in _briefs(Order.objects.filter(pk__in=list(order_ids)))}


def order_brief_by_ref(order_ref: str) -> OrderBrief | None:
    """The order with that public id. It opens nothing: show it to its buyer or its store only."""
    return next(iter(_briefs(Order.objects.filter(public_id=order_ref))), None)


@dataclass(frozen=True)
class KeptLine:
    """A line and what it cost in the end, in fen, without freight."""

    id: int
    sku_id: int
    name: str
    quantity: int
    paid_fen: int
    is_cancelled: bool


@dataclass(frozen=True)
class OrderKept:
    """An order as whoever earns by it sees it. `is_kept`: paid, free of holds, not given up."""

    id: int
    public_id: str
    store_id: int
    buyer_id: int
    placed_at: datetime
    received_at: datetime | None
    is_kept: bool
    lines: tuple[KeptLine, ...]


def order_kept(order_id: int) -> OrderKept | None:
    """What an order is worth now, in two queries; None for an unknown one."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        return None
    lines = tuple(
        KeptLine(
            line.pk,
            line.sku_id,
            str(line),
            line.quantity,
            line_paid_fen(line),
            line.cancelled_at is not None,
        )
        for line in OrderLine.objects.filter(order=order).order_by("pk")
    )
    kept = (OrderState.TO_SHIP, OrderState.SHIPPED, OrderState.COMPLETED)
    return OrderKept(
        id=order.pk,
        public_id=order.public_id,
        store_id=order.store_id,
        buyer_id=order.buyer_id,
        placed_at=order.placed_at,
        received_at=order.received_at,
        is_kept=order.state in kept,
        lines=lines,
    )


def buyer_of_store(store_id: int, named: str) -> int | None:
    """Who bought at the store, by an order's public id or by their own phone; None for others."""
    rows = Order.objects.filter(store_id=store_id)
    if named.startswith("ord_"):
        rows = rows.filter(public_id=named)
    else:
        user_id = user_id_by_phone(named)
        if user_id is None:
            return None
        rows = rows.filter(buyer_id=user_id)
    return rows.values_list("buyer_id", flat=True).first()


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
        OrderBrief(pk, ref, store, buyer, OrderState(state), payment, placed, before, reason)
        for pk, ref, store, buyer, state, payment, placed, before, reason in values
    ]


@dataclass(frozen=True)
class StoreDay:
    """What a store (or the platform) has to do, and what came in since midnight in China: orders that
    are kept, and their money without what was asked back of it."""

    to_ship: int
    on_hold: int
    paid_orders: int
    paid_fen: int


def store_day(store_id: int | None, *, now: datetime) -> StoreDay:
    """Today's figures of one store, or of all stores, in two queries that read no order of the past.

    All stores are asked one by one, because the indexes begin with the store.
    """
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    if store_id is None:
        rows = Order.objects.filter(store__in=store_ids())
    else:
        rows = Order.objects.filter(store_id=store_id)
    waiting = rows.filter(state__in=[OrderState.TO_SHIP, OrderState.ON_HOLD]).order_by()
    by_state = dict(waiting.values_list("state").annotate(Count("pk")))
    kept = rows.filter(paid_at__gte=midnight).exclude(state=OrderState.CANCELLED)
    came = kept.aggregate(
        paid_orders=Count("pk"),
        paid_fen=Sum(F("payable_fen") - F("payment__refunded_fen"), default=0),
    )
    return StoreDay(
        to_ship=by_state.get(OrderState.TO_SHIP, 0),
        on_hold=by_state.get(OrderState.ON_HOLD, 0),
        **came,
    )


def open_invoice_count(store_id: int | None) -> int:
    """How many buyers of one store, or of all stores, wait for an invoice."""
    waiting = Invoice.objects.filter(state=InvoiceState.REQUESTED)
    return waiting.count() if store_id is None else waiting.filter(store_id=store_id).count()


@dataclass(frozen=True)
class GistParcel:
    """A parcel in a few words."""

    id: int
    carrier: str
    tracking_no: str
    is_posted: bool = True


@dataclass(frozen=True)
class OrderGist:
    """An order in a few words, for telling somebody about it: no address, no phone.

    `goods` names its first line and says how many more there are.
    """

    id: int
    public_id: str
    store_id: int
    store_name: str
    buyer_id: int
    state: OrderState
    offer_kind: str
    offer_ref: str
    goods: str
    payable_fen: int
    pay_before: datetime
    receive_before: datetime | None
    closing: bool
    cancel_reason: str
    urged_at: datetime | None
    parcels: tuple[GistParcel, ...]
    delivery: str = "post"


_GIST = """
    SELECT o.id, o.public_id, o.store_id, store.name, o.buyer_id, o.state, o.offer_kind, o.offer_ref,
        o.payable_fen, o.pay_before, o.receive_before, o.close_requested_at IS NOT NULL,
        o.cancel_reason, o.urged_at, o.delivery,
        ARRAY(SELECT title FROM orders_orderline WHERE order_id = o.id
            GROUP BY sku_id, title ORDER BY min(id)),
        (SELECT COALESCE(json_agg(json_build_array(id, carrier, tracking_no) ORDER BY id), '[]')::text
            FROM orders_shipment WHERE order_id = o.id)
    FROM orders_order o JOIN stores_store store ON store.id = o.store_id
"""
_GIST_FIELDS = (
    *("id", "public_id", "store_id", "store_name", "buyer_id", "state", "offer_kind", "offer_ref"),
    *("payable_fen", "pay_before", "receive_before", "closing", "cancel_reason", "urged_at"),
    "delivery",
)
_GIST_BY_ID = Prepared("orders_gist_by_id", _GIST + " WHERE o.id = %(id)s")
_GIST_BY_REF = Prepared("orders_gist_by_ref", _GIST + " WHERE o.public_id = %(ref)s")


def order_gist(*, order_id: int | None = None, order_ref: str = "") -> OrderGist | None:
    """The order of that id or public id, in one query; None for an unknown one.

    By hand, because every message asks (docs/decisions/0002-hot-reads-by-hand.md).
    """
    if order_id is not None:
        row = _GIST_BY_ID.row({"id": order_id})
    else:
        row = _GIST_BY_REF.row({"ref": order_ref})
    if row is None:
        return None
    *known, titles, parcels = row
    told = dict(zip(_GIST_FIELDS, known, strict=True))
    goods = titles[0] if titles else ""
    if len(titles) > 1:
        goods = str(_("%(goods)s等 %(count)d 种") % {"goods": goods, "count": len(titles)})
    return OrderGist(
        **{**told, "state": OrderState(told["state"])}, goods=goods, parcels=_parcels(parcels)
    )


def _parcels(text: str) -> tuple[GistParcel, ...]:
    rows = [Shipment(pk=pk, carrier=by, tracking_no=number) for pk, by, number in json.loads(text)]
    return tuple(
        GistParcel(row.pk, str(row.get_carrier_display()), row.tracking_no, is_posted=row.is_posted)
        for row in rows
    )
