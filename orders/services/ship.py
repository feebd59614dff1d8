"""Shipping: the parcel is with the carrier, the stock has left the house."""

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.services import stock_ship
from orders.locks import order_lock
from orders.models import Order, Shipment
from orders.services.close import order_quantities
from orders.states import ORDER, OrderState
from stores.queries import store_terms

# What carriers print on their labels: letters, digits, hyphens.
_TRACKING = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,39}")


class ShipRefused(Exception):
    """The order cannot be shipped; the message says why, for the merchant."""


def order_ship(
    *, order_id: int, carrier: str, tracking_no: str, by_id: int | None, now: datetime
) -> Order:
    """Ship an order in one parcel; its stock is consumed and auto-receiving is due later.

    Raises ShipRefused for an order that is not ready, and for a carrier or tracking number that
    cannot be one. Sending the same form twice ships once: the second is refused as shipped.
    """
    tracking_no = tracking_no.strip()
    if carrier not in Shipment.Carrier.values:
        raise ShipRefused(_("请选择快递公司。"))
    if not _TRACKING.fullmatch(tracking_no):
        raise ShipRefused(_("运单号须为 4 到 40 位字母、数字或短横线。"))
    with transaction.atomic():
        order = order_lock(order_id)
        if order.state != OrderState.TO_SHIP:
            raise ShipRefused(_refusal(order))
        days = store_terms(order.store_id).auto_receive_days
        receive_before = now + timedelta(days=days)
        ORDER.move_row(
            order,
            "ship",
            now=now,
            changes={
                "shipped_at": now,
                "receive_before": receive_before,
                "due_at": receive_before,
            },
        )
        Shipment.objects.create(
            store_id=order.store_id,
            order=order,
            carrier=carrier,
            tracking_no=tracking_no.upper(),
            shipped_at=now,
            by_id=by_id,
        )
        stock_ship(lines=order_quantities(order), reference=order.public_id, now=now, by_id=by_id)
        return order


def _refusal(order: Order) -> str:
    if order.state == OrderState.AWAITING_PAYMENT:
        return _("买家还没有付款，不能发货。")
    if order.state == OrderState.ON_HOLD:
        return _("拼团还没有成功，不能发货。")
    if order.state in (OrderState.SHIPPED, OrderState.COMPLETED):
        return _("这个订单已经发过货了。")
    return _("这个订单已取消或关闭，不能发货。")
