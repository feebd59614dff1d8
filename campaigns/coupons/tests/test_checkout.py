"""Coupons at the checkout: what is shown is charged, and what was chosen is kept."""

import random
import re

import pytest

from campaigns.coupons.tests.factories import OFF_FEN, expire, place, take, template_make
from campaigns.coupons.tests.pages import text_of
from campaigns.reductions.tests.factories import reduction_make
from core.idempotency import form_key_new
from orders.models import Order
from tests import cast

pytestmark = pytest.mark.django_db


NOTE = "周末再送，谢谢 🙏"


def checkout(client, sku, **query):
    return text_of(client.get("/checkout/", {"sku": sku.public_id, **query}))


def shown(page):
    return int(re.search(r'name="shown_fen" value="(\d+)"', page).group(1))


def chosen(page):
    found = re.findall(r'name="wish_coupon" value="(\w+)" data-refresh checked', page)
    assert len(found) == 1
    return found[0]


def form(page, sku, who, **changes):
    """What the browser sends for the page that it was given."""
    auto = re.search(r'name="auto_coupon" value="(\w+)"', page)
    return {
        "sku": sku.public_id,
        "quantity": "1",
        "address": who.user.addresses.get().public_id,
        "note": NOTE,
        "shown_fen": str(shown(page)),
        "form_key": form_key_new(),
        **({"wish_coupon": chosen(page), "auto_coupon": auto.group(1)} if auto else {}),
        **changes,
    }


def test_the_best_is_chosen_and_explained_and_charged(client, alice, sku):
    take(template_make(sku.store, name="小券", off_fen=300), alice)
    best = take(template_make(sku.store), alice)
    take(template_make(sku.store, name="大券", minimum_fen=9000, off_fen=3000), alice)
    other = cast.sku_on_sale(sku.store)
    wrong = {"scope": "product", "product": other.product}
    take(template_make(sku.store, name="别的货", **wrong), alice)
    late = take(template_make(sku.store, name="旧券"), alice)
    expire(late)
    page = checkout(client, sku)
    assert "已为你选最省的一张：减 ¥10" in page
    assert chosen(page) == best.public_id
    for words in ("还差 ¥31 可用", "不适用于这些商品", "已过期", "不用优惠券"):
        assert words in page
    assert shown(page) == cast.LIST_FEN - OFF_FEN + cast.FREIGHT_FEN
    client.post("/checkout/", form(page, sku, alice))
    order = Order.objects.get()
    assert order.payable_fen == shown(page)
    assert order.adjustments.get().reference == best.public_id


@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_together_what_is_shown_is_charged(client, alice, seed):
    dice = random.Random(seed)
    store = cast.store_open(freight_fen=dice.choice([0, 1, 600]))
    sku = cast.sku_on_sale(store)
    for _ in range(dice.randint(0, 3)):
        threshold_fen = dice.randint(2, 20000)
        step = (threshold_fen, dice.randint(1, threshold_fen - 1))
        reduction_make(store, step, kind=dice.choice(["steps", "every"]))
    for _ in range(dice.randint(1, 4)):
        terms = {"minimum_fen": 0, "off_fen": dice.randint(1, 30000)}
        if dice.random() < 0.5:
            terms = {"kind": "percent", "percent": dice.randint(1, 99), "cap_fen": 9000}
        take(template_make(store, **terms), alice)
    for quantity in (1, 2, 7):
        page = checkout(client, sku, quantity=quantity)
        answer = client.post("/checkout/", form(page, sku, alice, quantity=str(quantity)))
        assert answer.status_code == 302, text_of(answer)
        order = Order.objects.latest("pk")
        assert (order.payable_fen, order.lines.get().quantity) == (shown(page), quantity)
    assert cast.broken() == []


def test_none_is_a_choice(client, alice, sku):
    take(template_make(sku.store), alice)
    page = checkout(client, sku)
    refreshed = client.post(
        "/checkout/", form(page, sku, alice, wish_coupon="none", action="refresh")
    )
    page = text_of(refreshed)
    assert chosen(page) == "none"
    assert shown(page) == cast.LIST_FEN + cast.FREIGHT_FEN
    assert "最省的一张是“尝鲜券”：减 ¥10" in page
    client.post("/checkout/", form(page, sku, alice))
    assert Order.objects.get().payable_fen == cast.LIST_FEN + cast.FREIGHT_FEN


def test_another_quantity_chooses_anew_unless_the_shopper_chose(client, alice, sku):
    small = take(template_make(sku.store, name="小券", off_fen=300, minimum_fen=0), alice)
    big = take(template_make(sku.store, minimum_fen=10000, off_fen=3000), alice)
    page = checkout(client, sku)
    assert chosen(page) == small.public_id
    more = form(page, sku, alice, quantity="2", action="refresh")
    assert chosen(text_of(client.post("/checkout/", more))) == big.public_id
    page = text_of(client.post("/checkout/", more))
    own = form(page, sku, alice, quantity="2", wish_coupon=small.public_id, action="refresh")
    page = text_of(client.post("/checkout/", own))
    assert chosen(page) == small.public_id
    assert shown(page) == 2 * cast.LIST_FEN - 300 + cast.FREIGHT_FEN


def test_a_choice_sent_without_refreshing_is_asked_about(client, alice, sku):
    """Without JavaScript the total on the page is still the one of the best coupon."""
    small = take(template_make(sku.store, name="小券", off_fen=300), alice)
    take(template_make(sku.store), alice)
    page = checkout(client, sku)
    answer = client.post("/checkout/", form(page, sku, alice, wish_coupon=small.public_id))
    text = text_of(answer)
    assert answer.status_code == 409
    assert "应付金额已从" in text
    assert NOTE in text
    assert chosen(text) == small.public_id
    client.post("/checkout/", form(text, sku, alice))
    assert Order.objects.get().discount_fen == 300


def test_none_that_nobody_chose_does_not_stick(client, alice, sku):
    """Nothing was usable for one; for two there is."""
    coupon = take(template_make(sku.store, minimum_fen=10000), alice)
    page = checkout(client, sku)
    assert chosen(page) == "none"
    assert "没有可用的优惠券" in page
    more = form(page, sku, alice, quantity="2", action="refresh")
    assert chosen(text_of(client.post("/checkout/", more))) == coupon.public_id


@pytest.mark.parametrize("gone", ["used", "expired"])
def test_a_coupon_that_is_gone_is_refused_and_nothing_typed_is_lost(client, alice, sku, gone):
    coupon = take(template_make(sku.store), alice)
    page = checkout(client, sku)
    if gone == "used":
        place(sku, alice, coupon=coupon)
    else:
        expire(coupon)
    before = Order.objects.count()
    answer = client.post("/checkout/", form(page, sku, alice))
    text = text_of(answer)
    assert answer.status_code == 409
    assert "你选的“尝鲜券”不能用在这一单" in text
    assert NOTE in text
    assert Order.objects.count() == before
    assert shown(text) == cast.LIST_FEN + cast.FREIGHT_FEN
    # And the form that came back is good.
    client.post("/checkout/", {**form(text, sku, alice), "wish_coupon": "none"})
    assert Order.objects.count() == before + 1


def test_a_coupon_lost_between_look_and_claim_is_refused_the_same(client, alice, sku, monkeypatch):
    take(template_make(sku.store), alice)
    page = checkout(client, sku)
    monkeypatch.setattr("campaigns.coupons.services.spending.coupon_use", lambda **_: False)
    answer = client.post("/checkout/", form(page, sku, alice))
    assert answer.status_code == 409
    assert "刚刚已被使用或过期" in text_of(answer)
    assert NOTE in text_of(answer)
    assert not Order.objects.exists()


def test_somebody_elses_coupon_is_no_wish(client, alice, sku):
    foreign = take(template_make(sku.store), cast.person())
    page = checkout(client, sku, wish_coupon=foreign.public_id)
    assert shown(page) == cast.LIST_FEN + cast.FREIGHT_FEN
    assert foreign.public_id not in page
    answer = client.post("/checkout/", form(page, sku, alice, wish_coupon=foreign.public_id))
    assert answer.status_code == 409
    assert not Order.objects.exists()


def test_the_choice_survives_the_way_to_a_new_address(client, alice, sku):
    small = take(template_make(sku.store, name="小券", off_fen=300), alice)
    take(template_make(sku.store), alice)
    page = checkout(client, sku)
    data = form(page, sku, alice, wish_coupon=small.public_id, action="address")
    client.post("/checkout/", data)
    assert chosen(checkout(client, sku, draft="1", quantity="1")) == small.public_id


def test_a_checkout_without_coupons_shows_no_choice(client, alice, sku):
    page = checkout(client, sku)
    assert "wish_coupon" not in page
    client.post("/checkout/", form(page, sku, alice))
    assert Order.objects.get().payable_fen == shown(page)


def test_many_coupons_cost_no_more_queries(client, alice, sku):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count():
        with CaptureQueriesContext(connection) as seen:
            checkout(client, sku)
        return len(seen)

    template = template_make(sku.store, limit_per_person=20)
    take(template, alice)
    one = count()
    for _ in range(9):
        take(template, alice)
    assert count() == one
