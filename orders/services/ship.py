"""Shipping: a parcel is with the carrier, its stock has left the house."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from catalog.services import stock_ship, stock_ship_part
from core.facts import facts_record
from orders.events import OrderPartShipped
from orders.locks import label_lock, order_lock
from orders.models import Order, OrderLine, Shipment, ShipmentLine
from orders.services.hold import hold_kind, hold_words
from orders.states import ORDER, OrderState
from stores.queries import store_terms

# What carriers print on their labels: letters, digits, hyphens.
_TRACKING = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,39}")
MAX_PARCELS = 50
# Carriers give a number out again, but not so soon.
NUMBER_KEPT = timedelta(days=180)


class ShipRefused(Exception):
    """The order cannot be shipped; the message says why, for the merchant."""


@dataclass(frozen=True)
class Registered:
    """An order that a tracking number is on already, and marks of where that goes."""

    order_id: int
    order_ref: str
    phone_index: str
    street_index: str

    @classmethod
    def of(cls, order: Order) -> "Registered":
        return cls(order.pk, order.public_id, order.phone_index, order.street_index)

    def refusal(self, order: Order) -> str:
        """Why the number cannot be on this order, too; "" when both go to one person at one place,
        who may get them in one parcel."""
        ours, theirs = order.street_index, self.street_index
        if self.order_id == order.pk or (self.phone_index, theirs) == (order.phone_index, ours):
            return ""
        return _(
            "这个运单号已经登记在订单 %(ref)s 上，那一单的收货手机或地址与这一单不同，请核对单号。"
            "确实装在同一个包裹里的，请先把收货信息改成一样，再发货。"
        ) % {"ref": self.order_ref}


def order_ship(
    *,
    order_id: int,
    carrier: str,
    tracking_no: str,
    by_id: int | None,
    now: datetime,
    quantities: Mapping[int, int] | None = None,
) -> Order:
    """Send a parcel; its stock is consumed. The last one ships the order, and auto-receiving is
    due later.

    `quantities` is {line_id: pieces} of this parcel, None for everything that is left. Raises
    ShipRefused for an order that is not ready, for a carrier or tracking number that cannot be
    one, and for more than is left. Sending the same form twice sends one parcel: the second is
    refused as sent.
    """
    tracking_no = label_check(carrier=carrier, tracking_no=tracking_no)
    with transaction.atomic():
        order = order_lock(order_id)
        if refusal := ship_refusal(order):
            raise ShipRefused(refusal)
        lines = list(order.lines.order_by("pk"))
        parcels = list(order.shipments.values_list("carrier", "tracking_no"))
        if (carrier, tracking_no) in parcels:
            raise ShipRefused(_("这个运单号已经登记在这个订单上了，没有重复发货。"))
        label_lock(store_id=order.store_id, carrier=carrier, tracking_no=tracking_no)
        label = (carrier, tracking_no)
        for one in registered([label], store_id=order.store_id, now=now)[label]:
            if refusal := one.refusal(order):
                raise ShipRefused(refusal)
        if len(parcels) >= MAX_PARCELS:
            raise ShipRefused(_("一个订单最多 %(count)d 个包裹。") % {"count": MAX_PARCELS})
        packed = _packed(lines, quantities)
        if all(line.left == packed.get(line.pk, 0) for line in lines):
            _ship_whole(order, now=now)
        else:
            facts_record(OrderPartShipped.of(order), now=now)
        parcel = Shipment(carrier=carrier, tracking_no=tracking_no, by_id=by_id)
        _write(order, parcel, lines, packed, now=now)
        _consume(order, lines, packed, number=len(parcels) + 1, by_id=by_id, now=now)
        return order


def order_hand_over(
    order: Order, *, how: Shipment.Handed, number: str, by_id: int | None, now: datetime
) -> None:
    """Needs the lock of an order to ship. All that is left reaches the buyer without a carrier."""
    lines = list(order.lines.order_by("pk"))
    packed = _packed(lines, None)
    _ship_whole(order, now=now)
    parcel = Shipment(carrier=how, tracking_no=number, by_id=by_id)
    _write(order, parcel, lines, packed, now=now)
    _consume(order, lines, packed, number=1, by_id=by_id, now=now)


def label_check(*, carrier: str, tracking_no: str) -> str:
    """The tracking number as it is stored. Raises ShipRefused for what cannot be on a label."""
    tracking_no = tracking_no.strip()
    if carrier not in Shipment.Carrier.values:
        raise ShipRefused(_("请选择快递公司。"))
    if not _TRACKING.fullmatch(tracking_no):
        raise ShipRefused(_("运单号须为 4 到 40 位字母、数字或短横线。"))
    return tracking_no.upper()


def registered(
    labels: Collection[tuple[str, str]], *, store_id: int, now: datetime
) -> dict[tuple[str, str], list[Registered]]:
    """Of each (carrier, tracking number), which of the store's orders it is on by now; one query."""
    found: dict[tuple[str, str], list[Registered]] = {label: [] for label in labels}
    parcels = Shipment.objects.filter(
        store_id=store_id,
        tracking_no__in={number for _carrier, number in labels},
        shipped_at__gt=now - NUMBER_KEPT,
    )
    rows = parcels.order_by("pk").values_list(
        *("carrier", "tracking_no", "order_id"),
        *("order__public_id", "order__phone_index", "order__street_index"),
    )
    for carrier, number, *order in rows:
        if (carrier, number) in found:
            found[carrier, number].append(Registered(*order))
    return found


def order_ship_finish(order: Order, *, now: datetime) -> None:
    """Needs the order's lock. Nothing is left to send after something was: it is shipped."""
    _ship_whole(order, now=now)


def _packed(lines: Sequence[OrderLine], quantities: Mapping[int, int] | None) -> dict[int, int]:
    """{line_id: pieces}, each at least one and no more than is left."""
    if quantities is None:
        return {line.pk: line.left for line in lines if line.left}
    by_id = {line.pk: line for line in lines}
    packed = {}
    for line_id, pieces in quantities.items():
        line = by_id.get(line_id)
        if line is None or pieces < 0:
            raise ShipRefused(_("订单里没有这件商品，请刷新页面后再试。"))
        if pieces > line.left:
            raise ShipRefused(
                _("“%(name)s”还剩 %(left)d 件没发，不能发 %(count)d 件。")
                % {"name": f"{line.title} {line.sku_name}", "left": line.left, "count": pieces}
            )
        if pieces:
            packed[line_id] = pieces
    if not packed:
        raise ShipRefused(_("包裹里还没有商品：请填写至少一件的数量。"))
    return packed


def _ship_whole(order: Order, *, now: datetime) -> None:
    receive_before = now + timedelta(days=store_terms(order.store_id).auto_receive_days)
    ORDER.move_row(
        order,
        "ship",
        now=now,
        changes={"shipped_at": now, "receive_before": receive_before, "due_at": receive_before},
    )


def _write(
    order: Order,
    parcel: Shipment,
    lines: Sequence[OrderLine],
    packed: Mapping[int, int],
    *,
    now: datetime,
) -> None:
    parcel.store_id, parcel.order, parcel.shipped_at = order.store_id, order, now
    parcel.save(force_insert=True)
    sent = [line for line in lines if line.pk in packed]
    for line in sent:
        # Counted by the database: the constraint sees every parcel, whatever was read before.
        line.shipped_quantity = F("shipped_quantity") + packed[line.pk]  # type: ignore[assignment]
    OrderLine.objects.bulk_update(sent, ["shipped_quantity"])
    ShipmentLine.objects.bulk_create(
        [
            ShipmentLine(
                store_id=parcel.store_id, shipment=parcel, line=line, quantity=packed[line.pk]
            )
            for line in sent
        ]
    )


def _consume(
    order: Order,
    lines: Sequence[OrderLine],
    packed: Mapping[int, int],
    *,
    number: int,
    by_id: int | None,
    now: datetime,
) -> None:
    sent = {line.sku_id: packed[line.pk] for line in lines if line.pk in packed}
    if all(packed[line.pk] == line.quantity for line in lines if line.pk in packed):
        stock_ship(lines=sent, reference=order.public_id, now=now, by_id=by_id)
        return
    stock_ship_part(
        lines=sent,
        reserved_as=order.public_id,
        reference=f"{order.public_id}/{number}",
        now=now,
        by_id=by_id,
    )


def ship_refusal(order: Order) -> str:
    """Why the order cannot be shipped now; "" when it can."""
    if order.delivery != Order.Delivery.POST:
        return _("这个订单不用寄：自提的请核销取货码，虚拟商品付款后自动交付。")
    if order.state == OrderState.TO_SHIP:
        return ""
    if order.state == OrderState.AWAITING_PAYMENT:
        return _("买家还没有付款，不能发货。")
    if order.state == OrderState.ON_HOLD:
        return hold_words(hold_kind(order))
    if order.state in (OrderState.SHIPPED, OrderState.COMPLETED):
        return _("这个订单已经发过货了。")
    return _("这个订单已取消或关闭，不能发货。")
