"""Sending an order to somewhere else, as long as nothing of it was sent."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.queries import AddressSnapshot
from core.crypto import blind_index, mask_name, mask_phone
from core.facts import facts_record
from orders.events import OrderAddressChanged
from orders.locks import order_lock
from orders.models import Order, OrderChange
from orders.states import OrderState

CHANGEABLE = (OrderState.ON_HOLD, OrderState.TO_SHIP)
FIELDS = ("recipient", "phone", "region", "street")
MAX_CHANGES = 10


class AddressRefused(Exception):
    """The address cannot be changed any more; the message says why."""


def order_address_change(
    *, order_id: int, address: AddressSnapshot, by_id: int | None, now: datetime
) -> bool:
    """Send a paid order to another address; freight stays what it was. False when nothing differs.

    Raises AddressRefused when the order is not waiting to be sent, or a parcel has left. Before and
    after are kept, masked.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        if order.state not in CHANGEABLE:
            raise AddressRefused(_("订单现在不是等待发货的状态，不能修改收货信息。"))
        if order.delivery != Order.Delivery.POST:
            raise AddressRefused(_("这个订单不用邮寄，没有收货地址可以改。"))
        if order.shipments.exists():
            raise AddressRefused(_("已经有包裹发出，不能再修改收货信息；请联系对方协商。"))
        if all(getattr(order, name) == getattr(address, name) for name in FIELDS):
            return False
        changes = order.changes.filter(kind=OrderChange.Kind.ADDRESS)
        if changes.count() >= MAX_CHANGES:
            raise AddressRefused(_("收货信息改得太多次了，请联系对方确认。"))
        before = _masked(order)
        for name in FIELDS:
            setattr(order, name, getattr(address, name))
        order.phone_index = blind_index(address.phone, purpose="order.phone")
        order.save(update_fields=[*FIELDS, "phone_index"])
        OrderChange.objects.create(
            store_id=order.store_id,
            order=order,
            kind=OrderChange.Kind.ADDRESS,
            detail=f"{before} → {_masked(order)}"[:300],
            by_id=by_id,
            at=now,
        )
        facts_record(OrderAddressChanged.of(order), now=now)
        return True


def _masked(order: Order) -> str:
    return f"{mask_name(order.recipient)} {mask_phone(order.phone)} {order.region}"
