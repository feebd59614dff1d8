"""The merchant's orders: shipped and cancelled from their page, with every refusal said on it."""

import pytest

from orders.models import Order
from orders.tests.factories import order_make, paid_make, shipped_make
from payments.models import Refund
from stores.models import StoreStaff
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client):
    """Sign in as the order's merchant; then post to one of its pages."""

    def post(order, action, role=StoreStaff.Role.OWNER, **fields):
        client.force_login(staff_make(order.store, role=role).user)
        return client.post(f"/office/orders/order/{order.pk}/{action}/", fields, follow=True)

    return post


def state(order):
    return Order.objects.values_list("state", flat=True).get(pk=order.pk)


@pytest.mark.parametrize("role", StoreStaff.Role.values)
def test_owner_and_clerk_ship(office, role):
    order = paid_make()
    page = office(order, "ship", role, carrier="yto", tracking_no="yt1234567890")
    assert "已发货" in page.content.decode()
    assert state(order) == "shipped"
    parcel = order.shipments.get()
    assert (parcel.carrier, parcel.tracking_no) == ("yto", "YT1234567890")
    assert parcel.by.staff_of.store_id == order.store_id


@pytest.mark.parametrize(
    ("make", "fields", "words"),
    [
        (paid_make, {"carrier": "sf", "tracking_no": "枣"}, "4 到 40 位"),
        (paid_make, {"carrier": "猪", "tracking_no": "SF123456"}, "猪"),
        (paid_make, {"carrier": "sf", "tracking_no": ""}, ""),
        (order_make, {"carrier": "sf", "tracking_no": "SF123456"}, "还没有付款"),
        (lambda: paid_make(held=True), {"carrier": "sf", "tracking_no": "SF123456"}, "尚未成团"),
        (shipped_make, {"carrier": "sf", "tracking_no": "SF123456"}, "已经发过货"),
    ],
)
def test_what_cannot_ship_says_why_and_keeps_what_was_typed(office, make, fields, words):
    order = make()
    before = (state(order), order.shipments.count())
    page = office(order, "ship", **fields).content.decode()
    assert words in page
    assert fields["tracking_no"] in page
    assert (state(order), order.shipments.count()) == before


def test_cancelling_sends_the_money_back(office):
    order = paid_make()
    page = office(order, "cancel", reason="霜冻，没有收成").content.decode()
    assert "原路退回" in page
    assert state(order) == "cancelled"
    assert Refund.objects.get().amount_fen == order.payable_fen


def test_cancelling_again_says_that_nothing_changed(office):
    order = paid_make()
    office(order, "cancel", reason="断货")
    page = office(order, "cancel", reason="断货").content.decode()
    assert "没有改动" in page
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: paid_make(held=True), "拼团"),
        (order_make, "还没有付款"),
        (shipped_make, "已经发货"),
    ],
)
def test_what_cannot_be_cancelled_says_why(office, make, words):
    order = make()
    before = state(order)
    page = office(order, "cancel", reason="我的理由").content.decode()
    assert words in page
    assert "我的理由" in page
    assert (state(order), Refund.objects.count()) == (before, 0)


def test_an_orders_page_tells_its_money_and_its_story(client):
    order = paid_make()
    client.force_login(staff_make(order.store).user)
    page = client.get(f"/office/orders/order/{order.pk}/change/").content.decode()
    assert "收到 65.00 元，退回 0.00 元" in page
    assert "提交订单" in page and "付款成功" in page


def test_the_list_opens_in_few_queries(client, django_assert_max_num_queries):
    first = paid_make()
    for _ in range(10):
        order_make(first.lines.get().sku)
    client.force_login(staff_make(first.store).user)
    with django_assert_max_num_queries(16):
        page = client.get("/office/orders/order/")
    assert page.status_code == 200
    assert page.content.decode().count("ord_") >= 11
