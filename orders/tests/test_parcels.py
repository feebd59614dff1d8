"""Several parcels: each takes its own stock, the last one ships the order, none too much."""

import pytest
from django.db import IntegrityError, transaction

from catalog.models import Sku, StockMovement
from catalog.services import NotReserved, stock_ship_part
from core import clock
from core.invariants import audit
from core.models import Fact
from orders.models import Order, OrderLine, Shipment
from orders.services import CancelRefused, OrderItem, ShipRefused, order_cancel, order_ship
from orders.tests.factories import paid_make, person, shipped_make, sku_on_sale, store_open
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db
NAMES = ["orders.stock_reserved", "orders.shipped", "stock.movements_add_up"]


@pytest.fixture
def order():
    """Three of one thing and two of another, paid."""
    store = store_open()
    one, two = sku_on_sale(store), sku_on_sale(store)
    return paid_make(one, items=[OrderItem(one.pk, 3), OrderItem(two.pk, 2)])


def send(order, quantities=None, number="SF00000001"):
    return order_ship(
        order_id=order.pk,
        carrier="sf",
        tracking_no=number,
        by_id=None,
        now=clock.now(),
        quantities=quantities,
    )


def lines(order):
    return list(order.lines.order_by("pk"))


def stock():
    return list(Sku.objects.order_by("pk").values_list("on_hand", "reserved"))


def broken():
    return [str(one) for one in audit(now=clock.now(), names=NAMES)]


def test_parcel_by_parcel_until_everything_is_sent(order):
    one, two = lines(order)
    send(order, {one.pk: 2})
    order.refresh_from_db()
    assert (order.state, order.shipped_at, order.receive_before) == ("to_ship", None, None)
    assert stock() == [(98, 1), (100, 2)]
    assert broken() == []
    send(order, {one.pk: 1, two.pk: 1}, "SF00000002")
    send(order, None, "SF00000003")
    order.refresh_from_db()
    assert order.state == "shipped"
    assert order.due_at == order.receive_before is not None
    assert stock() == [(97, 0), (98, 0)]
    contents = [
        list(parcel.lines.order_by("pk").values_list("line_id", "quantity"))
        for parcel in order.shipments.order_by("pk")
    ]
    assert contents == [[(one.pk, 2)], [(one.pk, 1), (two.pk, 1)], [(two.pk, 1)]]
    assert Fact.objects.filter(name="order.part_shipped").count() == 2
    assert Fact.objects.filter(name="order.shipped").count() == 1
    assert StockMovement.objects.filter(kind="ship").count() == 4
    assert broken() == []


def test_whole_lines_in_parcels_of_their_own(order):
    one, two = lines(order)
    send(order, {one.pk: 3})
    send(order, {two.pk: 2}, "SF00000002")
    order.refresh_from_db()
    assert (order.state, stock()) == ("shipped", [(97, 0), (98, 0)])
    assert broken() == []


def test_never_more_than_is_left(order):
    one, _two = lines(order)
    send(order, {one.pk: 2})
    for asked in ({one.pk: 2}, {one.pk: -1}, {one.pk: 0}, {}, {0: 1}):
        with pytest.raises(ShipRefused):
            send(order, asked, "SF00000002")
    assert (Shipment.objects.count(), stock()[0]) == (1, (98, 1))


def test_a_line_of_another_order_is_refused(order):
    other = paid_make()
    with pytest.raises(ShipRefused, match="没有这件商品"):
        send(order, {other.lines.get().pk: 1})


def test_the_same_form_twice_is_one_parcel(order):
    one, _two = lines(order)
    send(order, {one.pk: 1})
    with pytest.raises(ShipRefused, match="已经登记"):
        send(order, {one.pk: 1}, " sf00000001 ")
    assert (Shipment.objects.count(), stock()[0]) == (1, (99, 2))


def test_the_database_refuses_too_many(order):
    one, _two = lines(order)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderLine.objects.filter(pk=one.pk).update(shipped_quantity=4)


def test_a_parcel_alone_never_takes_more_than_was_reserved(order):
    one, _two = lines(order)
    with pytest.raises(NotReserved):
        stock_ship_part(
            lines={one.sku_id: 4},
            reserved_as=order.public_id,
            reference=f"{order.public_id}/1",
            now=clock.now(),
        )
    for _ in range(2):
        stock_ship_part(
            lines={one.sku_id: 2},
            reserved_as=order.public_id,
            reference=f"{order.public_id}/1",
            now=clock.now(),
        )
    assert stock()[0] == (98, 1)


def test_what_is_partly_sent_is_not_cancelled_as_a_whole(order):
    one, _two = lines(order)
    send(order, {one.pk: 1})
    with pytest.raises(CancelRefused, match="发出一部分"):
        order_cancel(order_id=order.pk, reason="断货", now=clock.now())


@pytest.mark.parametrize(
    ("corrupt", "words"),
    [
        (lambda o: o.lines.filter(pk=lines(o)[0].pk).update(shipped_quantity=1), "parcels hold"),
        (lambda o: o.lines.update(shipped_quantity=0), "pieces to send"),
    ],
)
def test_the_audit_names_a_count_that_is_wrong(corrupt, words):
    order = shipped_make()
    assert broken() == []
    if "hold" in words:
        order = paid_make()
    corrupt(order)
    assert any(words in one and order.public_id in one for one in broken())


def test_the_buyer_sees_every_parcel_and_that_more_follows(client):
    who, sku = person(), sku_on_sale()
    order = paid_make(sku, who=who, quantity=3)
    send(order, {lines(order)[0].pk: 1})
    client.force_login(who.user)
    page = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "部分已发货" in page
    assert "SF00000001" in page
    assert "已发 1 件" in page
    send(order, None, "SF00000002")
    page = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "待收货" in page
    assert page.index("SF00000001") < page.index("SF00000002")


def test_the_merchant_types_how_many_are_in_a_parcel(client, order):
    one, two = lines(order)
    client.force_login(staff_make(order.store).user)
    path = f"/office/orders/order/{order.pk}/ship/"
    assert "还剩 3 件" in client.get(path).content.decode()
    form = {"carrier": "sf", "tracking_no": "SF00000009"}
    page = client.post(path, {**form, f"line_{one.pk}": "9"}).content.decode()
    assert "不能发 9 件" in page
    assert 'value="9"' in page
    page = client.post(path, {**form, f"line_{one.pk}": "3"}, follow=True).content.decode()
    assert "其余商品请继续发货" in page
    assert Order.objects.get(pk=order.pk).state == "to_ship"
    page = client.post(
        path, {**form, "tracking_no": "SF00000010", f"line_{two.pk}": "2"}, follow=True
    )
    assert "买家可以看到运单号" in page.content.decode()
    assert Order.objects.get(pk=order.pk).state == "shipped"
