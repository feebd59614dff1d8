"""Shipping many orders from a spreadsheet: first what would happen, row by row, then doing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from orders.models import Order, Shipment
from orders.services.ship import (
    Registered,
    ShipRefused,
    label_check,
    order_ship,
    registered,
    ship_refusal,
)
from orders.sheets import SheetRow, carrier_code


@dataclass(frozen=True)
class BulkRow:
    """What a row would do or did; `trouble` says why it does nothing."""

    number: int
    order_ref: str
    carrier: str
    carrier_label: str
    tracking_no: str
    order_id: int | None
    trouble: str

    @property
    def is_good(self) -> bool:
        return not self.trouble


def bulk_plan(*, store_id: int, rows: Sequence[SheetRow], now: datetime) -> list[BulkRow]:
    """What shipping these rows would do, without doing it. Three queries, whatever the rows.

    A number that was filled down the sheet is told from the second row on: nobody can call back what
    its buyers would have been told.
    """
    refs = {row.order_ref for row in rows}
    found = Order.objects.filter(store_id=store_id, public_id__in=refs)
    orders = {order.public_id: order for order in found.prefetch_related("shipments")}
    labels = {_label(row) for row in rows}
    taken = registered(labels, store_id=store_id, now=now)
    seen: set[str] = set()
    first: dict[tuple[str, str], tuple[SheetRow, Order | None]] = {}
    plan = []
    for row in rows:
        order, code = orders.get(row.order_ref), carrier_code(row.carrier)
        trouble = _trouble(row, order, code=code, again=row.order_ref in seen)
        if order is not None and not trouble:
            trouble = _taken(order, taken[_label(row)], first.get(_label(row)))
        seen.add(row.order_ref)
        first.setdefault(_label(row), (row, order))
        plan.append(
            BulkRow(
                number=row.number,
                order_ref=row.order_ref,
                carrier=code,
                carrier_label=str(Shipment.Carrier(code).label) if code else row.carrier,
                tracking_no=_label(row)[1],
                order_id=order.pk if order else None,
                trouble=trouble,
            )
        )
    return plan


def bulk_ship(
    *, store_id: int, rows: Sequence[SheetRow], by_id: int | None, now: datetime
) -> list[BulkRow]:
    """Ship the rows that can be shipped, each in a transaction of its own; what became of each.

    Safe to repeat: what is sent already is told as such and changes nothing.
    """
    done = []
    for row in bulk_plan(store_id=store_id, rows=rows, now=now):
        trouble = row.trouble
        if not trouble and row.order_id is not None:
            try:
                order_ship(
                    order_id=row.order_id,
                    carrier=row.carrier,
                    tracking_no=row.tracking_no,
                    by_id=by_id,
                    now=now,
                )
            except ShipRefused as refusal:
                trouble = str(refusal)
        done.append(BulkRow(**{**vars(row), "trouble": trouble}))
    return done


def _label(row: SheetRow) -> tuple[str, str]:
    return carrier_code(row.carrier), row.tracking_no.strip().upper()


def _taken(
    order: Order, taken: Sequence[Registered], first: tuple[SheetRow, Order | None] | None
) -> str:
    """Why the number cannot be this order's: another of the store's has it, or an earlier row."""
    if first is not None:
        row, other = first
        if other is None or Registered.of(other).refusal(order):
            return _(
                "第 %(number)d 行填了同一个运单号，收货手机或地址与这一行不同，请核对单号。"
                "确实装在同一个包裹里的，请先把收货信息改成一样，再发货。"
            ) % {"number": row.number}
    return next((said for one in taken if (said := one.refusal(order))), "")


def _trouble(row: SheetRow, order: Order | None, *, code: str, again: bool) -> str:
    trouble = ""
    if not row.tracking_no and not row.carrier:
        trouble = _("没有填快递公司和运单号，跳过。")
    elif order is None:
        trouble = _("本店没有这个订单。")
    elif again:
        trouble = _("同一个订单在表格里出现了两次，只看第一行。")
    elif row.tracking_no.startswith("#"):
        trouble = _("运单号被表格存成了数字，末尾几位已丢失：请把这一列设为文本，重新填写。")
    elif not code:
        trouble = _("不认识这家快递公司，可填：%(names)s。") % {
            "names": "、".join(str(label) for label in Shipment.Carrier.labels)
        }
    else:
        try:
            number = label_check(carrier=code, tracking_no=row.tracking_no)
        except ShipRefused as refusal:
            return str(refusal)
        if any((one.carrier, one.tracking_no) == (code, number) for one in order.shipments.all()):
            return _("这个运单号已经登记过，不会重复发货。")
        trouble = ship_refusal(order)
    return trouble
