"""Fetching an order: the buyer shows a code, the merchant scans it, and the goods change hands (核销)."""

import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from orders.locks import order_lock
from orders.models import Order, Shipment
from orders.services.receive import order_receive
from orders.services.ship import order_hand_over
from orders.states import OrderState

_CODE = re.compile(r"[0-9]{12}")


class CollectRefused(Exception):
    """The order cannot be handed over; the message says why, for the merchant."""


def pickup_find(*, store_id: int, code: str) -> Order:
    """The store's order with this code, as typed with or without spaces. Raises CollectRefused."""
    digits = re.sub(r"[\s-]", "", code)
    if not _CODE.fullmatch(digits):
        raise CollectRefused(_("取货码是 12 位数字，请对照买家手机再输一次。"))
    order = Order.objects.filter(store_id=store_id, pickup_code=digits).first()
    if order is None:
        raise CollectRefused(_("本店没有这个取货码，请核对数字，或确认买家没有走错店。"))
    return order


def collect_refusal(order: Order) -> str:
    """Why its goods are not to be handed over now; "" when they are."""
    if order.state == OrderState.TO_SHIP:
        return ""
    if order.state == OrderState.AWAITING_PAYMENT:
        return _("买家还没有付款，不能取货。")
    if order.state == OrderState.ON_HOLD:
        return _("这个订单还在等待成团或审核，现在不能取货。")
    if order.state in (OrderState.SHIPPED, OrderState.COMPLETED):
        return _("这个取货码已经用过了，不能再取一次。")
    return _("这个订单已取消或关闭，不能取货。")


def order_collect(*, order_id: int, by_id: int | None, now: datetime) -> Order:
    """The buyer has the goods: their stock leaves the house and the order is complete.

    Raises CollectRefused; of two who scan one code at once, one is told that it is used.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        if order.delivery != Order.Delivery.PICKUP:
            raise CollectRefused(_("这不是自提订单，请按快递发货。"))
        if refusal := collect_refusal(order):
            raise CollectRefused(refusal)
        order_hand_over(
            order, how=Shipment.Handed.PICKUP, number=order.pickup_code, by_id=by_id, now=now
        )
        order_receive(order_id=order.pk, now=now)
        order.refresh_from_db()
        return order
