"""Shipping and receiving: the stock leaves the house once, the parcel arrives by itself if need be."""

from datetime import timedelta

import pytest

from catalog.models import Sku, StockMovement
from core import clock
from core.deadlines import deadlines_run
from core.models import Fact
from orders.deadlines import order_due
from orders.models import Order, Shipment
from orders.services import (
    ShipRefused,
    order_cancel,
    order_close_request,
    order_receive,
    order_ship,
)
from orders.tests.factories import (
    order_make,
    paid_make,
    person,
    shipped_make,
    sku_on_sale,
    store_open,
)
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db


def ship(order: Order, **changes: object) -> Order:
    return order_ship(
        **{  # type: ignore[arg-type]
            "order_id": order.pk,
            "carrier": "sf",
            "tracking_no": "SF1234567890",
            "by_id": None,
            "now": clock.now(),
            **changes,
        }
    )


def stock() -> tuple[int, int]:
    return Sku.objects.values_list("on_hand", "reserved").get()


def closed() -> Order:
    order = order_make()
    order_close_request(order_id=order.pk, now=clock.now())
    return order


def cancelled() -> Order:
    order = paid_make()
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    return order


def test_a_parcel_takes_the_stock_with_it():
    sku, now = sku_on_sale(store_open(auto_receive_days=7)), clock.now()
    order = paid_make(sku, quantity=3)
    clerk = staff_make(sku.store).user_id
    ship(order, by_id=clerk, tracking_no=" sf1234567890\n", now=now)
    order.refresh_from_db()
    assert (order.state, order.shipped_at) == ("shipped", now)
    assert order.receive_before == order.due_at == now + timedelta(days=7)
    parcel = order.shipments.get()
    assert (parcel.carrier, parcel.tracking_no, parcel.by_id) == ("sf", "SF1234567890", clerk)
    assert stock() == (97, 0)
    movement = StockMovement.objects.get(kind="ship")
    assert (movement.on_hand_change, movement.by_id) == (-3, clerk)
    assert Fact.objects.filter(name="order.shipped").count() == 1


def test_shipping_twice_ships_once():
    order = paid_make()
    ship(order)
    with pytest.raises(ShipRefused, match="发过货"):
        ship(order)
    assert (Shipment.objects.count(), stock()) == (1, (99, 0))


def test_a_number_is_of_one_order_or_of_one_persons():
    who, store = person(), store_open()
    one, two = (paid_make(sku_on_sale(store), who=who) for _ in range(2))
    other = paid_make(sku_on_sale(store))
    ship(one)
    with pytest.raises(ShipRefused, match=f"{one.public_id} 上.*核对单号"):
        ship(other)
    assert not other.shipments.exists()
    ship(two)
    ship(other, carrier="zto")
    assert Shipment.objects.count() == 3


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (order_make, "还没有付款"),
        (lambda: paid_make(held=True), "成团后才能发货"),
        (closed, "已取消或关闭"),
        (cancelled, "已取消或关闭"),
    ],
)
def test_what_is_not_ready_does_not_ship(make, why):
    order = make()
    order.refresh_from_db()
    before = (order.state, stock())
    with pytest.raises(ShipRefused, match=why):
        ship(order)
    order.refresh_from_db()
    assert (order.state, stock()) == before
    assert not Shipment.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"carrier": ""},
        {"carrier": "顺丰"},
        {"tracking_no": ""},
        {"tracking_no": "SF1"},
        {"tracking_no": "1" * 41},
        {"tracking_no": "-SF12345"},
        {"tracking_no": "SF12 34"},
        {"tracking_no": "１２３４５６"},
        {"tracking_no": "<b>SF1234</b>"},
        {"tracking_no": "SF12\u200b34"},
    ],
)
def test_what_cannot_be_a_label_is_refused(changes):
    order = paid_make()
    with pytest.raises(ShipRefused):
        ship(order, **changes)
    order.refresh_from_db()
    assert (order.state, stock()) == ("to_ship", (100, 1))


def test_the_buyer_receives_once():
    order, now = shipped_make(), clock.now()
    assert order_receive(order_id=order.pk, now=now) is True
    assert order_receive(order_id=order.pk, now=now + timedelta(days=1)) is False
    order.refresh_from_db()
    assert (order.state, order.received_at, order.due_at) == ("completed", now, None)
    assert Fact.objects.filter(name="order.received").count() == 1


@pytest.mark.parametrize("make", [order_make, paid_make, lambda: paid_make(held=True)])
def test_what_is_not_on_its_way_cannot_be_received(make):
    order = make()
    state = order.state
    assert order_receive(order_id=order.pk, now=clock.now()) is False
    order.refresh_from_db()
    assert (order.state, order.received_at) == (state, None)


def test_a_parcel_nobody_objects_to_is_received_in_time():
    order = shipped_make()
    early = order.receive_before - timedelta(seconds=1)
    assert order_due(order.pk, now=early) == order.receive_before
    order.refresh_from_db()
    assert order.state == "shipped"
    assert order_due(order.pk, now=order.receive_before) is None
    order.refresh_from_db()
    assert (order.state, order.received_at) == ("completed", order.receive_before)


def test_the_tick_receives_what_is_due():
    order = shipped_make()
    past = clock.now() - timedelta(seconds=1)
    Order.objects.filter(pk=order.pk).update(receive_before=past, due_at=past)
    assert deadlines_run(now=clock.now())["orders.order"] == 1
    order.refresh_from_db()
    assert (order.state, order.due_at) == ("completed", None)
