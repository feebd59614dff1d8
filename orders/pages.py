"""Reads for the pages of a shopper's own orders: frozen dataclasses, a fixed handful of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy

from catalog.queries import reason_words
from core.crypto import mask_name, mask_phone
from orders.models import Order, OrderChange, OrderLine, RiskReview, Shipment
from orders.pricing import KINDS
from orders.states import OrderState
from orders.story import Step, order_story
from orders.words import state_words, waits_for_group, with_waits
from payments.queries import refunds_of
from stores.queries import PickupPlace, pickup_place

PAGE_SIZE = 10
MAX_PAGE = 500
STREET_SHOWN = 4
LINES = Prefetch("lines", OrderLine.objects.order_by("pk"))
PARCELS = Prefetch("shipments", Shipment.objects.order_by("pk").prefetch_related("lines"))

TABS = (
    ("", gettext_lazy("全部"), ()),
    ("awaiting", gettext_lazy("待付款"), (OrderState.AWAITING_PAYMENT,)),
    ("hold", gettext_lazy("待成团/确认"), (OrderState.ON_HOLD,)),
    ("ship", gettext_lazy("待发货"), (OrderState.TO_SHIP,)),
    ("receive", gettext_lazy("待收货"), (OrderState.SHIPPED,)),
    ("done", gettext_lazy("已完成"), (OrderState.COMPLETED,)),
    ("closed", gettext_lazy("已关闭"), (OrderState.CLOSED, OrderState.CANCELLED)),
)


@dataclass(frozen=True)
class Line:
    """A line as it was bought."""

    title: str
    sku_name: str
    photo: str
    list_price_fen: int
    unit_price_fen: int
    quantity: int
    amount_fen: int
    shipped_quantity: int = 0
    is_cancelled: bool = False
    exempt_agreed: bool = False
    exempt_because: str = ""


@dataclass(frozen=True)
class OrderCard:
    """An order in a list, and the head of its page."""

    id: int
    public_id: str
    store_id: int
    store_name: str
    store_slug: str
    state: str
    state_label: str
    waits_for_group: bool
    offer_kind: str
    offer_ref: str
    goods_fen: int
    discount_fen: int
    freight_fen: int
    adjust_fen: int
    payable_fen: int
    pay_before: datetime
    closing: bool
    given_up: bool
    checkout_ref: str
    lines: tuple[Line, ...]
    delivery: str = Order.Delivery.POST.value

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def partly_shipped(self) -> bool:
        """Something is on its way and more is to follow."""
        return self.state == OrderState.TO_SHIP and any(
            line.shipped_quantity for line in self.lines
        )

    @property
    def can_pay(self) -> bool:
        return self.state == OrderState.AWAITING_PAYMENT and not self.closing

    @property
    def may_invoice(self) -> bool:
        return self.state in (OrderState.TO_SHIP, OrderState.SHIPPED, OrderState.COMPLETED)

    @property
    def can_receive(self) -> bool:
        return self.state == OrderState.SHIPPED

    @property
    def is_fetched(self) -> bool:
        return self.delivery == Order.Delivery.PICKUP

    @property
    def is_digital(self) -> bool:
        return self.delivery == Order.Delivery.DIGITAL

    @property
    def is_group(self) -> bool:
        return self.offer_kind == Order.Offer.GROUP and bool(self.offer_ref)

    @property
    def is_bargain(self) -> bool:
        return self.offer_kind == Order.Offer.BARGAIN and bool(self.offer_ref)

    @property
    def is_flash(self) -> bool:
        return self.offer_kind == Order.Offer.FLASH and bool(self.offer_ref)


@dataclass(frozen=True)
class Tab:
    """A tab of the list."""

    key: str
    label: str
    is_current: bool


@dataclass(frozen=True)
class OrderList:
    """One page of a tab; `page` counts from 1."""

    tabs: tuple[Tab, ...]
    tab: str
    cards: tuple[OrderCard, ...]
    page: int
    has_next: bool


@dataclass(frozen=True)
class Packed:
    """How many of what is in a parcel."""

    title: str
    sku_name: str
    quantity: int


@dataclass(frozen=True)
class Parcel:
    """A shipment; `number` counts an order's parcels from 1."""

    id: int
    number: int
    carrier: str
    tracking_no: str
    shipped_at: datetime
    contents: tuple[Packed, ...] = ()
    is_posted: bool = True


@dataclass(frozen=True)
class Reason:
    """Why the order costs less, and how much."""

    kind: str
    kind_label: str
    label: str
    amount_fen: int


@dataclass(frozen=True)
class OrderDetail:
    """An order's page, for its buyer. Personal data is masked on screen."""

    card: OrderCard
    recipient: str
    phone: str
    region: str
    street: str
    note: str
    steps: tuple[Step, ...]
    refunds: tuple[Any, ...]
    parcels: tuple[Parcel, ...]
    reasons: tuple[Reason, ...]
    receive_before: datetime | None
    cancel_reason: str
    urged_at: datetime | None = None
    may_extend: bool = False
    is_judged: bool = False
    has_invoice: bool = False
    pickup_code: str = ""
    place: PickupPlace | None = None

    @property
    def may_change_address(self) -> bool:
        """As long as nothing of it was sent, and nobody is looking where it goes."""
        waiting = self.card.state in (OrderState.ON_HOLD, OrderState.TO_SHIP)
        is_posted = self.card.delivery == Order.Delivery.POST
        return waiting and is_posted and not self.parcels and not self.is_judged

    @property
    def pickup_code_spaced(self) -> str:
        """1234 5678 9012, as people read it out."""
        return " ".join(self.pickup_code[at : at + 4] for at in range(0, len(self.pickup_code), 4))


def order_of(buyer_id: int, public_id: str) -> OrderCard | None:
    """The buyer's own order, in two queries; None for anybody else's."""
    order = _orders(buyer_id).filter(public_id=public_id).first()
    return _card(order) if order else None


def unpaid_of_checkout(buyer_id: int, checkout_ref: str) -> tuple[OrderCard, ...]:
    """The orders of one checkout over several stores that still want their payment, in order."""
    if not checkout_ref:
        return ()
    rows = _orders(buyer_id).filter(
        checkout_ref=checkout_ref,
        state=OrderState.AWAITING_PAYMENT,
        close_requested_at=None,
    )
    return tuple(_card(order) for order in rows.order_by("id"))


def order_list(buyer_id: int, *, tab: str, page: int) -> OrderList:
    """A page of the buyer's orders, newest first, in two queries."""
    states = next((states for key, _label, states in TABS if key == tab), None)
    if states is None:
        tab, states = "", ()
    page = min(max(page, 1), MAX_PAGE)
    rows = _orders(buyer_id).order_by("-id")
    if states:
        rows = rows.filter(state__in=states)
    start = (page - 1) * PAGE_SIZE
    found = list(rows[start : start + PAGE_SIZE + 1])
    return OrderList(
        tabs=tuple(Tab(key, str(label), key == tab) for key, label, _states in TABS),
        tab=tab,
        cards=tuple(_card(order) for order in found[:PAGE_SIZE]),
        page=page,
        has_next=len(found) > PAGE_SIZE and page < MAX_PAGE,
    )


def order_detail(buyer_id: int, public_id: str) -> OrderDetail | None:
    """The buyer's own order with all that happened to it, in a fixed handful of queries."""
    rows = _orders(buyer_id).select_related("reprice", "invoice", "risk_review")
    rows = rows.prefetch_related(PARCELS, "changes", "adjustments")
    order = rows.filter(public_id=public_id).first()
    if order is None:
        return None
    refunds = tuple(refunds_of(public_id))
    # The newest first; of one moment, the later step.
    steps = order_story(order, refunds=refunds, for_buyer=True)[::-1]
    return OrderDetail(
        card=_card(order),
        recipient=mask_name(order.recipient),
        phone=mask_phone(order.phone),
        region=order.region,
        street=_mask_street(order.street),
        note=order.note,
        steps=steps,
        refunds=refunds,
        parcels=_parcels(order),
        reasons=reasons_of(order),
        receive_before=order.receive_before,
        cancel_reason=order.cancel_reason,
        urged_at=order.urged_at,
        may_extend=order.state == OrderState.SHIPPED
        and not any(one.kind == OrderChange.Kind.EXTENDED for one in order.changes.all()),
        is_judged=_is_judged(order),
        has_invoice=hasattr(order, "invoice"),
        pickup_code=pickup_code_shown(order),
        place=pickup_place(order.store_id, order.pickup_ref) if order.pickup_ref else None,
    )


def pickup_code_shown(order: Order) -> str:
    """The code with which the goods may be fetched now, or ""."""
    return order.pickup_code if order.state == OrderState.TO_SHIP else ""


def pickup_code_of(buyer_id: int, public_id: str) -> str:
    """The code of the buyer's own order while it is good, or ""."""
    order = Order.objects.filter(buyer_id=buyer_id, public_id=public_id).first()
    return pickup_code_shown(order) if order else ""


def reasons_of(order: Order) -> tuple[Reason, ...]:
    """Every reason why it costs less, in the order in which they applied."""
    rows = sorted(order.adjustments.all(), key=lambda one: (KINDS.index(one.kind), one.pk))
    return tuple(
        Reason(row.kind, str(row.get_kind_display()), row.label, row.amount_fen) for row in rows
    )


def _orders(buyer_id: int) -> QuerySet[Order]:
    rows = with_waits(Order.objects.filter(buyer_id=buyer_id))
    return rows.select_related("store").prefetch_related(LINES)


def _card(order: Order) -> OrderCard:
    return OrderCard(
        id=order.pk,
        public_id=order.public_id,
        store_id=order.store_id,
        store_name=order.store.name,
        store_slug=order.store.slug,
        state=order.state,
        state_label=state_words(order, for_buyer=True),
        waits_for_group=waits_for_group(order),
        offer_kind=order.offer_kind,
        offer_ref=order.offer_ref,
        goods_fen=order.goods_fen,
        discount_fen=order.discount_fen,
        freight_fen=order.freight_fen,
        adjust_fen=order.adjust_fen,
        payable_fen=order.payable_fen,
        pay_before=order.pay_before,
        closing=order.close_requested_at is not None,
        given_up=order.given_up_at is not None,
        checkout_ref=order.checkout_ref,
        lines=tuple(_line(line) for line in order.lines.all()),
        delivery=order.delivery,
    )


def _line(line: OrderLine) -> Line:
    return Line(
        title=line.title,
        sku_name=line.sku_name,
        photo=line.photo,
        list_price_fen=line.list_price_fen,
        unit_price_fen=line.unit_price_fen,
        quantity=line.quantity,
        amount_fen=line.amount_fen,
        shipped_quantity=line.shipped_quantity,
        is_cancelled=line.cancelled_at is not None,
        exempt_agreed=line.exempt_consent_id is not None,
        exempt_because=reason_words(line.return_reason),
    )


def _parcels(order: Order) -> tuple[Parcel, ...]:
    lines = {line.pk: line for line in order.lines.all()}
    return tuple(
        Parcel(
            id=row.pk,
            number=number,
            carrier=row.get_carrier_display(),
            tracking_no=row.tracking_no,
            shipped_at=row.shipped_at,
            is_posted=row.is_posted,
            contents=tuple(
                Packed(lines[part.line_id].title, lines[part.line_id].sku_name, part.quantity)
                for part in row.lines.all()
            ),
        )
        for number, row in enumerate(order.shipments.all(), start=1)
    )


def _is_judged(order: Order) -> bool:
    review: RiskReview | None = getattr(order, "risk_review", None)
    return review is not None and review.outcome == RiskReview.Outcome.WAITING


def _mask_street(street: str) -> str:
    """The first characters of a street and stars: enough to know which address it was."""
    return street[:STREET_SHOWN] + "****" if len(street) > STREET_SHOWN else street[:1] + "****"
