"""The merchant's coupons: typed in yuan, published, given, and what came of them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.coupons.models import Coupon, CouponTemplate
from campaigns.coupons.queries import Effect, effects
from campaigns.coupons.tests.factories import OFF_FEN, place, take, template_make
from core import clock
from core.idempotency import form_key_new
from orders.services import OrderItem, order_cancel, order_close_request, order_line_cancel
from payments.queries import staying_by_orders
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db
LIST = "/office/coupons/coupontemplate/"


@pytest.fixture
def office(client):
    staff = staff_make(cast.store_open())
    client.force_login(staff.user)
    return client, staff.store


def form(**changes):
    return {
        "name": "双十一券",
        "kind": "fixed",
        "off_fen": "10",
        "percent": "",
        "cap_fen": "",
        "minimum_fen": "99.50",
        "scope": "all",
        "category": "",
        "product": "",
        "how": "open",
        "total": "100",
        "limit_per_person": "1",
        "take_from_0": "2026-01-01",
        "take_from_1": "00:00",
        "take_until_0": "2099-01-01",
        "take_until_1": "00:00",
        "valid_days": "7",
        "usable_from_0": "",
        "usable_from_1": "",
        "usable_until_0": "",
        "usable_until_1": "",
        **changes,
    }


def test_a_merchant_types_yuan_and_publishes(office):
    client, store = office
    answer = client.post(f"{LIST}add/", form())
    assert answer.status_code == 302, answer.context["errors"]
    made = CouponTemplate.objects.get()
    assert (made.store_id, made.off_fen, made.minimum_fen) == (store.pk, 1000, 9950)
    client.post(LIST, {"action": "publish", "_selected_action": [made.pk]})
    made.refresh_from_db()
    assert (made.state, made.due_at) == ("published", made.take_until)
    client.post(LIST, {"action": "end", "_selected_action": [made.pk]})
    made.refresh_from_db()
    assert made.state == "ended"


def test_a_code_is_made_by_publishing_and_shown(office):
    client, _ = office
    client.post(f"{LIST}add/", form(how="code"))
    made = CouponTemplate.objects.get()
    assert made.code is None
    client.post(LIST, {"action": "publish", "_selected_action": [made.pk]})
    made.refresh_from_db()
    assert made.code in client.get(f"{LIST}{made.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"off_fen": ""}, "请填写这一项"),
        ({"kind": "percent", "percent": "15"}, "请填写这一项"),
        ({"percent": "15"}, "请留空"),
        ({"scope": "product"}, "请填写这一项"),
        ({"valid_days": ""}, "请填写这一项"),
        ({"take_until_0": "2025-01-01"}, "晚于开始时间"),
        ({"off_fen": "-3"}, "请输入金额"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(office, changes, words):
    client, _ = office
    answer = client.post(f"{LIST}add/", form(**changes))
    assert words in answer.content.decode()
    assert not CouponTemplate.objects.exists()


def test_a_form_older_than_the_publishing_changes_no_money(office, monkeypatch):
    client, store = office
    made = template_make(store)
    monkeypatch.setattr("guard.publishing.is_draft", lambda _obj: True)
    answer = client.post(f"{LIST}{made.pk}/change/", form(off_fen="99"))
    assert "已发布" in answer.content.decode()
    made.refresh_from_db()
    assert (made.state, made.off_fen, made.name) == ("published", OFF_FEN, "尝鲜券")


def test_a_clerk_gives_one_to_a_customer_once_per_form(office):
    client, store = office
    template = template_make(store, how="gift", limit_per_person=5)
    buyer, sku = cast.person(), cast.sku_on_sale(store)
    path = f"{LIST}{template.pk}/give/"
    page = client.get(path).content.decode()
    assert "发给买家" in page
    data = {"to": cast.buy(buyer, sku), "form_key": form_key_new()}
    for _ in range(2):
        assert client.post(path, data).status_code == 302
    coupon = Coupon.objects.get()
    assert (coupon.user_id, coupon.source) == (buyer.id, "given")
    assert coupon.given_by is not None
    answer = client.post(path, {"to": "13912345678", "form_key": form_key_new()})
    assert "没有找到" in answer.content.decode()
    assert 'value="13912345678"' in answer.content.decode()
    assert coupon.public_id in client.get("/office/coupons/coupon/").content.decode()


def test_what_came_of_a_coupon(office):
    client, store = office
    template = template_make(store, limit_per_person=9)
    sku, who = cast.sku_on_sale(store), cast.person()
    kept, waiting, cancelled, closed = (
        place(sku, who, coupon=take(template, who)) for _ in range(4)
    )
    take(template, who)
    for order in (kept, cancelled):
        cast.pay(order.public_id)
    cast.deliver()
    order_cancel(order_id=cancelled.pk, reason="断货", now=clock.now())
    order_close_request(order_id=closed.pk, now=clock.now())
    cast.deliver()
    assert effects([template.pk]) == {
        template.pk: Effect(used=2, discount_fen=OFF_FEN, orders=1, sales_fen=kept.payable_fen)
    }
    page = client.get(LIST).content.decode()
    for words in ("5 / 100", "10.00", f"{kept.payable_fen / 100:.2f}"):
        assert words in page
    assert waiting.payable_fen == kept.payable_fen


def test_what_was_asked_back_of_a_line_did_not_come_by_a_coupon():
    sku, who = cast.sku_on_sale(), cast.person()
    other = cast.sku_on_sale(sku.store)
    template = template_make(sku.store)
    items = [OrderItem(sku.pk, 1), OrderItem(other.pk, 1)]
    order = place(sku, who, coupon=take(template, who), items=items)
    cast.pay(order.public_id)
    cast.deliver()
    order_line_cancel(
        order_id=order.pk,
        line_id=order.lines.get(sku=other).pk,
        reason="断货",
        by_id=None,
        now=clock.now(),
    )
    found = effects([template.pk])[template.pk]
    assert found.sales_fen == staying_by_orders([order.public_id])[order.public_id]
    assert found.sales_fen < order.payable_fen
    assert (found.orders, found.discount_fen) == (1, OFF_FEN)


def test_the_list_costs_the_same_for_many(office):
    client, store = office
    template_make(store)

    def count():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(LIST).status_code == 200
        return len(seen)

    one = count()
    for _ in range(4):
        template_make(store)
    assert count() == one
