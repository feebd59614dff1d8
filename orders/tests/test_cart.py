"""The cart: what is put in stays, what cannot be bought is said, and each store gets its order."""

from datetime import timedelta

import pytest
from django.contrib.auth.signals import user_logged_in
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.models import Product
from catalog.services import product_withdraw, sku_price_change
from core import clock
from core.guests import COOKIE
from core.idempotency import form_key_new
from orders import carts
from orders.models import CartLine
from orders.services.cart import MAX_LINES, CartFull, Owner, cart_adopt, cart_update, carts_forget
from orders.tests.carts import put
from tests import cast

pytestmark = pytest.mark.django_db


def seen(owner):
    return carts.cart_of(owner, now=clock.now())


@pytest.fixture
def who():
    return cast.person()


def test_the_same_goods_are_one_row(owner):
    sku = cast.sku_on_sale()
    put(owner, sku, 2)
    put(owner, sku, 3)
    assert [(line.quantity, line.selected) for line in owner.lines()] == [(5, True)]


def test_a_form_that_is_sent_twice_adds_once(owner):
    sku, key = cast.sku_on_sale(), form_key_new()
    assert [put(owner, sku, 2, key=key), put(owner, sku, 2, key=key)] == [True, False]
    assert owner.lines().get().quantity == 2


def test_a_quantity_never_grows_beyond_what_can_be_ordered(owner):
    sku = cast.sku_on_sale()
    put(owner, sku, 998)
    put(owner, sku, 998)
    assert owner.lines().get().quantity == 999


def test_a_cart_has_an_end(owner, monkeypatch):
    monkeypatch.setattr("orders.services.cart.MAX_LINES", 2)
    skus = [cast.sku_on_sale() for _ in range(3)]
    put(owner, skus[0])
    put(owner, skus[1])
    with pytest.raises(CartFull, match="请先结算"):
        put(owner, skus[2])
    put(owner, skus[0])
    assert owner.lines().count() == 2
    assert MAX_LINES >= 100


def test_it_costs_what_the_calculator_says_by_store(owner):
    dates, cups = cast.sku_on_sale(), cast.sku_on_sale()
    put(owner, dates, 2)
    put(owner, cups, 1)
    found = seen(owner)
    assert [one.cost.payable_fen for one in found.stores] == [5900 + 600, 2 * 5900 + 600]
    assert found.payable_fen == 5900 + 600 + 2 * 5900 + 600
    assert found.pieces == 3
    cart_update(owner=owner, quantities={dates.pk: 2, cups.pk: 1}, selected=[cups.pk])
    found = seen(owner)
    assert [one.store.id for one in found.chosen] == [cups.store_id]
    assert found.payable_fen == 6500


@pytest.mark.parametrize(
    ("spoil", "said", "left"),
    [
        ("withdraw", "已下架", 0),
        ("close", "店铺休息中", 0),
        ("sell_out", "已售罄", 0),
        ("sell_some", "只剩 2 件", 2),
    ],
)
def test_what_cannot_be_bought_is_kept_aside_with_the_reason(owner, spoil, said, left):
    sku = cast.sku_on_sale()
    put(owner, sku, 3)
    if spoil == "withdraw":
        product_withdraw(product_id=sku.product_id, now=clock.now())
    elif spoil == "close":
        sku.store.is_open = False
        sku.store.save()
    else:
        sku.on_hand = 0 if spoil == "sell_out" else 2
        sku.save()
    found = seen(owner)
    assert found.stores == ()
    assert [(item.problem, item.can_have) for item in found.aside] == [(said, left)]
    assert found.payable_fen == 0


def test_a_price_that_changed_is_shown(owner):
    sku = cast.sku_on_sale()
    put(owner, sku)
    assert seen(owner).stores[0].items[0].was_fen == 0
    sku_price_change(sku_id=sku.pk, price_fen=6600, by_id=None, now=clock.now())
    item = seen(owner).stores[0].items[0]
    assert (item.was_fen, item.sku.price_fen) == (5900, 6600)


def test_more_rows_cost_no_more_queries(owner):
    store = cast.store_open()
    put(owner, cast.sku_on_sale(store))
    with CaptureQueriesContext(connection) as one:
        seen(owner)
    for _ in range(6):
        put(owner, cast.sku_on_sale(store))
    with CaptureQueriesContext(connection) as seven:
        seen(owner)
    assert len(seven) == len(one) <= 5  # rows, SKUs, stores, reductions, coupons


def test_a_guests_cart_is_poured_into_the_persons(owner):
    guest, sku, other = Owner(None, "g" * 26), cast.sku_on_sale(), cast.sku_on_sale()
    put(owner, sku, 2)
    put(guest, sku, 3)
    put(guest, other, 1)
    assert cart_adopt(guest=guest.guest, user_id=owner.user_id) == 2
    assert cart_adopt(guest=guest.guest, user_id=owner.user_id) == 0
    assert sorted(owner.lines().values_list("quantity", flat=True)) == [1, 5]
    assert not CartLine.objects.exclude(guest="").exists()


def test_old_guests_carts_are_forgotten(owner):
    guest, sku = Owner(None, "g" * 26), cast.sku_on_sale()
    put(guest, sku)
    put(owner, sku)
    assert carts_forget(now=clock.now() + timedelta(days=29)) == 0
    assert carts_forget(now=clock.now() + timedelta(days=31)) == 1
    assert owner.lines().exists()


# --- pages ---


def test_a_guest_fills_a_cart_and_finds_it_after_signing_in(client, who):
    sku = cast.sku_on_sale()
    page = client.get("/cart/add/", {"sku": sku.public_id, "quantity": "2"})
    assert "加入购物车" in page.content.decode()
    assert not CartLine.objects.exists()
    sent = {"sku": sku.public_id, "quantity": "2", "form_key": form_key_new()}
    assert client.post("/cart/add/", sent).url == "/cart/"
    assert client.cookies[COOKIE]["httponly"]
    assert sku.product.title in client.get("/cart/").content.decode()
    request = RequestFactory().get("/")
    request.COOKIES[COOKIE] = client.cookies[COOKIE].value
    user_logged_in.send(User, request=request, user=who.user)
    client.force_login(who.user)
    assert sku.product.title in client.get("/cart/").content.decode()
    assert CartLine.objects.get().user_id == who.id


def test_htmx_gets_the_line_that_says_so_and_a_fresh_key(mine):
    sku, key = cast.sku_on_sale(), form_key_new()
    sent = {"sku": sku.public_id, "quantity": "1", "form_key": key}
    text = mine.post("/cart/add/", sent, headers={"HX-Request": "true"}).content.decode()
    assert "已加入购物车" in text
    assert "看购物车（1）" in text
    assert key not in text


def test_what_is_sold_out_is_not_put_in(mine):
    sku = cast.sku_on_sale(on_hand=0)
    sent = {"sku": sku.public_id, "quantity": "1", "form_key": form_key_new()}
    text = mine.post("/cart/add/", sent, headers={"HX-Request": "true"}).content.decode()
    assert "买不到" in text
    assert not CartLine.objects.exists()


@pytest.mark.parametrize("sku", ["", "sku_nothing", "'; --", "x" * 99])
def test_goods_that_do_not_exist_are_a_404(mine, sku):
    assert mine.get("/cart/add/", {"sku": sku}).status_code == 404


def test_an_empty_cart_says_so(mine):
    assert "购物车还是空的" in mine.get("/cart/").content.decode()


def test_the_page_keeps_quantities_and_selection(mine, owner):
    one, two = cast.sku_on_sale(), cast.sku_on_sale()
    put(owner, one)
    put(owner, two)
    mine.post(
        "/cart/",
        {
            f"quantity_{one.public_id}": "4",
            f"quantity_{two.public_id}": "nonsense",
            "selected": [one.public_id],
        },
    )
    rows = {line.sku_id: (line.quantity, line.selected) for line in owner.lines()}
    assert rows == {one.pk: (4, True), two.pk: (1, False)}


@pytest.mark.parametrize(
    ("act", "chosen"), [("all=on", 3), ("all=off", 0), ("store=on-{}", 2), ("store=off-{}", 0)]
)
def test_all_of_it_or_all_of_a_store_at_once(mine, owner, act, chosen):
    store = cast.store_open()
    skus = [cast.sku_on_sale(store), cast.sku_on_sale(store), cast.sku_on_sale()]
    for sku in skus:
        put(owner, sku)
    name, value = act.format(store.pk).split("=")
    mine.post("/cart/", {f"quantity_{sku.public_id}": "1" for sku in skus} | {name: value})
    assert owner.lines().filter(selected=True).count() == chosen


def test_removing_one_and_clearing_what_is_aside(mine, owner):
    one, two, gone = cast.sku_on_sale(), cast.sku_on_sale(), cast.sku_on_sale()
    for sku in (one, two, gone):
        put(owner, sku)
    Product.objects.filter(pk=gone.product_id).update(state="withdrawn")
    mine.post("/cart/", {"take_out": one.public_id})
    mine.post("/cart/", {"take_out": "aside"})
    assert list(owner.lines().values_list("sku_id", flat=True)) == [two.pk]


def test_the_rest_can_be_had(mine, owner):
    sku = cast.sku_on_sale(on_hand=2)
    put(owner, sku, 5)
    assert "就要 2 件" in mine.get("/cart/").content.decode()
    mine.post("/cart/", {"take_rest": sku.public_id})
    assert owner.lines().get().quantity == 2


def test_nobody_reaches_anothers_cart(mine, owner):
    other, sku = Owner(cast.person().id), cast.sku_on_sale()
    put(other, sku, 7)
    mine.post("/cart/", {f"quantity_{sku.public_id}": "1", "take_out": sku.public_id})
    assert other.lines().get().quantity == 7
