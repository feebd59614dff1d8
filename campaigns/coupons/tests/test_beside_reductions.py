"""A full reduction may cost a coupon its minimum: whichever way leaves least to pay is taken."""

import random
import re

import pytest

from campaigns.coupons.queries import coupons_for
from campaigns.coupons.tests.factories import place, take, template_make
from campaigns.coupons.tests.pages import text_of
from campaigns.coupons.tests.test_checkout import checkout, chosen, form, shown
from campaigns.reductions.queries import reductions_running
from campaigns.reductions.tests.factories import reduction_make
from core import clock
from orders.models import Order
from orders.pricing import PricedItem, quote
from orders.services import OrderItem
from orders.services.cart import Owner
from orders.tests.carts import form_of, put
from tests import cast

pytestmark = pytest.mark.django_db

TWO_FEN = 2 * cast.LIST_FEN
PLAIN_FEN = TWO_FEN + cast.FREIGHT_FEN
GIVEN_UP = "没有使用满减（秋收满减：满 ¥118 减 ¥10），因为用券更省"


@pytest.fixture
def reduction(sku):
    """¥10 off two of them, after which they are too few for a coupon from ¥118 on."""
    return reduction_make(sku.store, (TWO_FEN, 1000))


def kinds(order):
    return sorted(order.adjustments.values_list("kind", flat=True))


def large(sku, who, **terms):
    made = template_make(sku.store, **{"minimum_fen": TWO_FEN, "off_fen": 5000, **terms})
    return take(made, who)


def test_a_coupon_that_takes_more_than_the_reduction_is_used_without_it(
    client, alice, sku, reduction
):
    coupon = large(sku, alice)
    page = checkout(client, sku, quantity=2)
    assert chosen(page) == coupon.public_id
    assert "已为你选最省的一张：减 ¥50" in page
    assert GIVEN_UP in page
    assert "还差" not in page
    assert shown(page) == PLAIN_FEN - 5000
    client.post("/checkout/", form(page, sku, alice, quantity="2"))
    order = Order.objects.get()
    assert (order.payable_fen, kinds(order)) == (PLAIN_FEN - 5000, ["coupon"])
    assert cast.broken() == []


def test_a_coupon_that_takes_less_is_not_used_and_says_why(client, alice, sku, reduction):
    coupon = large(sku, alice, off_fen=900)
    page = checkout(client, sku, quantity=2)
    assert chosen(page) == "none"
    assert "还差 ¥10 可用" in page
    assert "没有使用满减" not in page
    assert shown(page) == PLAIN_FEN - 1000
    own = form(page, sku, alice, quantity="2", wish_coupon=coupon.public_id)
    assert client.post("/checkout/", own).status_code == 409
    client.post("/checkout/", form(page, sku, alice, quantity="2"))
    order = Order.objects.get()
    assert (order.payable_fen, kinds(order)) == (PLAIN_FEN - 1000, ["reduction"])


def test_a_coupon_beside_the_reduction_stays_beside_it(client, alice, sku, reduction):
    take(template_make(sku.store, off_fen=500, minimum_fen=0), alice)
    large(sku, alice, off_fen=1400)
    page = checkout(client, sku, quantity=2)
    assert "没有使用满减" not in page
    assert shown(page) == PLAIN_FEN - 1500


def test_without_the_coupon_the_reduction_is_back_and_the_coupon_still_a_choice(
    client, alice, sku, reduction
):
    coupon = large(sku, alice)
    page = checkout(client, sku, quantity=2)
    none = form(page, sku, alice, quantity="2", wish_coupon="none", action="refresh")
    page = text_of(client.post("/checkout/", none))
    assert (shown(page), chosen(page)) == (PLAIN_FEN - 1000, "none")
    assert "没有使用满减" not in page
    assert not re.search(rf'value="{coupon.public_id}"[^>]* disabled', page)
    again = form(page, sku, alice, quantity="2", wish_coupon=coupon.public_id, action="refresh")
    page = text_of(client.post("/checkout/", again))
    assert (shown(page), chosen(page)) == (PLAIN_FEN - 5000, coupon.public_id)
    assert GIVEN_UP in page


def test_a_small_coupon_that_costs_the_reduction_says_so(client, alice, sku, reduction):
    large(sku, alice)
    large(sku, alice, off_fen=900, name="小券")
    page = checkout(client, sku, quantity=2)
    assert "用了就没有满减，应付不会变少" in page
    assert shown(page) == PLAIN_FEN - 5000


def test_another_reduction_may_leave_the_coupon_its_minimum(alice, sku, reduction):
    smaller = reduction_make(sku.store, (TWO_FEN, 300))
    coupon = large(sku, alice, minimum_fen=TWO_FEN - 500)
    order = place(sku, alice, quantity=2)
    references = set(order.adjustments.values_list("reference", flat=True))
    assert references == {smaller.public_id, coupon.public_id}
    assert order.payable_fen == PLAIN_FEN - 5300


def test_a_carts_checkout_takes_the_least_too(client, alice, sku, reduction):
    large(sku, alice)
    put(Owner(user_id=alice.id), sku, 2)
    page = text_of(client.get("/cart/checkout/"))
    assert GIVEN_UP in page
    client.post("/cart/checkout/", form_of(client))
    order = Order.objects.get()
    assert (order.payable_fen, kinds(order)) == (PLAIN_FEN - 5000, ["coupon"])


@pytest.mark.parametrize("seed", range(8))
def test_no_other_way_leaves_less_to_pay(alice, seed):
    dice = random.Random(seed)
    store = cast.store_open(freight_fen=dice.choice([0, 600]))
    skus = [cast.sku_on_sale(store) for _ in range(2)]
    for _ in range(dice.randint(1, 3)):
        threshold_fen = dice.randint(5000, 13000)
        scope = {"scope": "product", "product": skus[0].product} if dice.random() < 0.3 else {}
        reduction_make(store, (threshold_fen, dice.randint(1, 3000)), **scope)
    for _ in range(4):
        minimum_fen = dice.randint(9000, 12000)
        take(template_make(store, minimum_fen=minimum_fen, off_fen=dice.randint(1, 4000)), alice)
    goods = tuple(PricedItem(sku.pk, 1, cast.LIST_FEN, cast.LIST_FEN) for sku in skus)
    ids, now = [sku.pk for sku in skus], clock.now()
    reductions = reductions_running(store.pk, sku_ids=ids, now=now)
    coupons = coupons_for(user_id=alice.id, store_id=store.pk, sku_ids=ids, now=now)
    tried = [
        quote(goods, freight_fen=store.freight_fen, discounts=[one for one in pair if one])
        for pair in ((one, other) for one in (None, *reductions) for other in (None, *coupons))
    ]
    order = place(skus[0], alice, items=[OrderItem(sku.pk, 1) for sku in skus])
    assert order.payable_fen == min(cost.payable_fen for cost in tried)
