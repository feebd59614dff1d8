"""Fetching an order: no freight, a code that is good once, and only at the own store's counter."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core import clock
from core.idempotency import form_key_new
from orders.destinations import Destination, fetched_at, on_screen
from orders.models import Order, Shipment
from orders.services import (
    AddressRefused,
    CollectRefused,
    OrderRefused,
    ShipRefused,
    order_address_change,
    order_cancel,
    order_collect,
    order_ship,
    pickup_find,
)
from orders.sheets import to_ship_sheet
from orders.tests.factories import order_make, paid_make
from stores.models import PickupPoint
from stores.queries import pickup_places
from stores.tests.factories import pickup_make, staff_make
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def point():
    return pickup_make(cast.store_open())


def where(point: PickupPoint) -> Destination:
    place = pickup_places({point.store_id})[point.store_id][0]
    return fetched_at(place, recipient="王小枣", phone="13811112222")


def waiting(point: PickupPoint, **changes: object) -> Order:
    """A paid order that its buyer has not fetched yet."""
    sku = cast.sku_on_sale(point.store)
    return paid_make(sku, address=where(point), **changes)


def collect(order: Order) -> Order:
    return order_collect(order_id=order.pk, by_id=None, now=clock.now())


def test_what_is_fetched_costs_no_freight_and_has_a_code(point):
    order = waiting(point)
    assert (order.delivery, order.freight_fen, order.payable_fen) == ("pickup", 0, cast.LIST_FEN)
    assert len(order.pickup_code) == 12 and order.pickup_code.isdigit()
    assert point.name in order.region and order.street == point.street


def test_the_code_hands_the_goods_over_once(point):
    order = waiting(point)
    done = collect(order)
    assert done.state == "completed"
    assert Shipment.objects.get(order=order).carrier == Shipment.Handed.PICKUP
    sku = order.lines.get().sku
    assert (sku.on_hand, sku.reserved) == (99, 0)
    with pytest.raises(CollectRefused, match="用过"):
        collect(order)
    assert cast.broken() == []


def unpaid(point):
    return order_make(cast.sku_on_sale(point.store), address=where(point))


def held(point):
    return waiting(point, held=True)


def cancelled(point):
    order = waiting(point)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    return order


@pytest.mark.parametrize(
    ("make", "why"), [(unpaid, "没有付款"), (held, "成团"), (cancelled, "已取消")]
)
def test_what_is_not_ready_is_not_handed_over(point, make, why):
    order = make(point)
    with pytest.raises(CollectRefused, match=why):
        collect(order)
    assert not Shipment.objects.exists()


def test_an_order_by_carrier_has_no_code():
    order = paid_make()
    assert order.pickup_code == ""
    with pytest.raises(CollectRefused, match="不是自提"):
        collect(order)


def test_it_is_not_shipped_nor_sent_to_another_address(point):
    order = waiting(point)
    with pytest.raises(ShipRefused, match="核销"):
        order_ship(
            order_id=order.pk, carrier="sf", tracking_no="SF123456", by_id=None, now=clock.now()
        )
    with pytest.raises(AddressRefused):
        order_address_change(
            order_id=order.pk, address=cast.person().address, by_id=None, now=clock.now()
        )


@pytest.mark.parametrize("typed", ["", "12", "1234 5678 901a", "一二三四五六七八九十十一"])
def test_what_is_no_code_is_told_so(point, typed):
    with pytest.raises(CollectRefused, match="12 位"):
        pickup_find(store_id=point.store_id, code=typed)


def test_a_code_is_read_with_spaces_and_only_in_its_own_store(point):
    order = waiting(point)
    code = order.pickup_code
    spaced = f" {code[:4]} {code[4:8]}-{code[8:]} "
    assert pickup_find(store_id=point.store_id, code=spaced) == order
    with pytest.raises(CollectRefused, match="没有这个取货码"):
        pickup_find(store_id=cast.store_open("陶坊").pk, code=code)


def test_goods_and_what_is_delivered_on_a_screen_are_told_apart(point):
    with pytest.raises(OrderRefused, match="交付方式"):
        order_make(cast.sku_on_sale(point.store), address=on_screen())


# --- pages


def form_of(sku, **changes):
    return {
        "form_key": form_key_new(),
        "sku": sku.public_id,
        "quantity": "1",
        "note": "",
        "shown_fen": str(cast.LIST_FEN),
        "delivery": "",
        "recipient": "王小枣",
        "phone": "13811112222",
        **changes,
    }


def checkout(client, sku, point, **changes):
    client.force_login(cast.person().user)
    return client.post(
        reverse("orders:checkout"), form_of(sku, **{"delivery": point.public_id, **changes})
    )


def test_checkout_offers_the_place_and_takes_no_address_for_it(client, point):
    sku = cast.sku_on_sale(point.store)
    client.force_login(cast.person().user)
    page = client.get(reverse("orders:checkout"), {"sku": sku.public_id})
    assert point.name in page.content.decode() and point.hours in page.content.decode()
    answer = client.post(reverse("orders:checkout"), form_of(sku, delivery=point.public_id))
    order = Order.objects.get()
    assert answer.status_code == 302
    assert (order.delivery, order.recipient, order.phone) == ("pickup", "王小枣", "13811112222")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"recipient": ""}, "请填写取货人的姓名"),
        ({"phone": "12345"}, "11 位手机号"),
        ({"delivery": "pik_nowhere"}, "自提点刚刚关闭"),
    ],
)
def test_what_is_missing_is_asked_for_and_the_rest_is_kept(client, point, changes, said):
    answer = checkout(client, cast.sku_on_sale(point.store), point, note="慢慢来", **changes)
    text = answer.content.decode()
    assert answer.status_code == 422 and said in text and "慢慢来" in text
    assert not Order.objects.exists()


def test_a_closed_place_is_not_chosen_any_more(client, point):
    sku = cast.sku_on_sale(point.store)
    PickupPoint.objects.update(is_open=False)
    assert checkout(client, sku, point).status_code == 422


def test_another_stores_place_is_nobodys(client, point):
    other = pickup_make(cast.store_open("陶坊"))
    assert checkout(client, cast.sku_on_sale(point.store), other).status_code == 422


def test_the_cart_fetches_one_stores_goods_and_sends_anothers(client, point):
    who = cast.person()
    client.force_login(who.user)
    here, there = cast.sku_on_sale(point.store), cast.sku_on_sale(cast.store_open("陶坊"))
    for sku in (here, there):
        client.post(
            reverse("orders:cart_add"),
            {"sku": sku.public_id, "quantity": "1", "form_key": form_key_new()},
        )
    url = reverse("orders:cart_checkout")
    assert point.name in client.get(url).content.decode()
    sent = {
        "form_key": form_key_new(),
        "address": client.get(url).context["page"].address,
        "recipient": "王小枣",
        "phone": "13811112222",
        f"delivery_{here.store_id}": point.public_id,
        f"shown_{here.store_id}": str(cast.LIST_FEN),
        f"shown_{there.store_id}": str(cast.LIST_FEN + cast.FREIGHT_FEN),
    }
    assert client.post(url, {**sent, "phone": ""}).status_code == 422
    assert client.post(url, sent).status_code == 302
    found = dict(Order.objects.values_list("store_id", "delivery"))
    assert found == {here.store_id: "pickup", there.store_id: "post"}


def test_a_cart_that_is_fetched_whole_wants_no_address(client, point):
    client.force_login(cast.person().user)
    sku = cast.sku_on_sale(point.store)
    client.post(
        reverse("orders:cart_add"),
        {"sku": sku.public_id, "quantity": "1", "form_key": form_key_new()},
    )
    sent = {
        "form_key": form_key_new(),
        "recipient": "王小枣",
        "phone": "13811112222",
        f"delivery_{sku.store_id}": point.public_id,
        f"shown_{sku.store_id}": str(cast.LIST_FEN),
    }
    assert client.post(reverse("orders:cart_checkout"), sent).status_code == 302
    assert Order.objects.get().delivery == "pickup"


def test_the_buyer_sees_the_code_while_it_is_good_and_nobody_else_does(client, point):
    order = waiting(point)
    detail = reverse("orders:detail", args=[order.public_id])
    picture = reverse("orders:pickup_qr", args=[order.public_id])
    client.force_login(order.buyer)
    assert order.pickup_code[:4] in client.get(detail).content.decode()
    assert client.get(picture)["Content-Type"] == "image/svg+xml"
    collect(order)
    assert "取货二维码" not in client.get(detail).content.decode()
    assert client.get(picture).status_code == 404
    other = waiting(point)
    assert client.get(reverse("orders:pickup_qr", args=[other.public_id])).status_code == 404


def test_an_unpaid_order_shows_no_code(client, point):
    order = unpaid(point)
    client.force_login(order.buyer)
    page = client.get(reverse("orders:detail", args=[order.public_id])).content.decode()
    assert "取货二维码" not in page


# --- the office


def counter(client, store):
    client.force_login(staff_make(store).user)
    return reverse("admin:orders_order_collect")


def test_the_counter_looks_first_and_hands_over_after(client, point):
    order = waiting(point)
    url = counter(client, point.store)
    page = client.get(url, {"code": order.pickup_code}).content.decode()
    assert order.public_id in page and "货已交给买家" in page
    order.refresh_from_db()
    assert order.state == "to_ship"
    client.post(url, {"code": order.pickup_code, "hand_over": "1"})
    order.refresh_from_db()
    assert order.state == "completed"
    again = client.post(url, {"code": order.pickup_code, "hand_over": "1"}).content.decode()
    assert "用过" in again and "货已交给买家" not in again


def test_the_neighbours_counter_finds_nothing(client, point):
    order = waiting(point)
    url = counter(client, cast.store_open("陶坊"))
    page = client.post(url, {"code": order.pickup_code, "hand_over": "1"}).content.decode()
    order.refresh_from_db()
    assert "没有这个取货码" in page and order.state == "to_ship"


def test_papers_and_sheets_leave_it_out(client, point):
    order, sent = waiting(point), paid_make(cast.sku_on_sale(point.store))
    counter(client, point.store)
    import io

    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(client.get(reverse("admin:orders_order_sheet_down")).content))
    refs = {row[0].value for row in book.worksheets[0].iter_rows(min_row=2)}
    assert refs == {sent.public_id} and order.public_id not in refs
    assert to_ship_sheet([]) != b""


def test_an_order_waits_at_the_counter_as_long_as_it_takes(point):
    order = waiting(point)
    from core.deadlines import deadlines_run

    deadlines_run(now=clock.now() + timedelta(days=30))
    order.refresh_from_db()
    assert order.state == "to_ship"
    assert cast.broken() == []
