"""Checking out a cart: one order for each store, once, and nothing lost."""

import pytest

from accounts.models import Address
from campaigns.coupons.tests.factories import take, template_make
from catalog.services import sku_price_change
from core import clock
from orders.models import Order
from orders.services.cart import cart_update
from orders.tests.carts import form_of, put
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(owner):
    """Goods of two stores, selected; a third store's are not."""
    skus = [cast.sku_on_sale(), cast.sku_on_sale(), cast.sku_on_sale()]
    for sku in skus:
        put(owner, sku, 2)
    cart_update(owner=owner, quantities={skus[2].pk: 2}, selected=[])
    return skus


def test_each_store_gets_an_order_and_the_rest_stays(mine, owner, filled):
    response = mine.post("/cart/checkout/", form_of(mine))
    orders = list(Order.objects.order_by("pk"))
    assert [order.payable_fen for order in orders] == [2 * 5900 + 600] * 2
    assert {order.store_id for order in orders} == {sku.store_id for sku in filled[:2]}
    assert len({order.checkout_ref for order in orders}) == 1
    assert response.url == f"/orders/{orders[0].public_id}/pay/"
    assert list(owner.lines().values_list("sku_id", flat=True)) == [filled[2].pk]
    assert cast.broken() == []


def test_one_payment_leads_to_the_next(mine, filled):
    mine.post("/cart/checkout/", form_of(mine))
    first, second = Order.objects.order_by("pk")
    cast.pay(first.public_id)
    cast.deliver()
    text = mine.get(f"/orders/{first.public_id}/result/").content.decode()
    assert f"/orders/{second.public_id}/pay/" in text
    cast.pay(second.public_id)
    cast.deliver()
    assert "付下一笔" not in mine.get(f"/orders/{first.public_id}/result/").content.decode()


def test_a_checkout_sent_twice_orders_once(mine, filled):
    fields = form_of(mine)
    first, second = mine.post("/cart/checkout/", fields), mine.post("/cart/checkout/", fields)
    assert Order.objects.count() == 2
    assert first.url == second.url


def test_what_stopped_half_way_is_finished_and_nothing_doubled(mine, owner, filled, monkeypatch):
    from orders.views import cart_checkout

    fields, real, done = form_of(mine), cart_checkout.cart_buy, []

    def dies(**asked):
        if done:
            raise RuntimeError("killed")
        done.append(real(**asked))

    monkeypatch.setattr(cart_checkout, "cart_buy", dies)
    with pytest.raises(RuntimeError):
        mine.post("/cart/checkout/", fields)
    assert Order.objects.count() == 1
    monkeypatch.setattr(cart_checkout, "cart_buy", real)
    mine.post("/cart/checkout/", fields)
    assert Order.objects.count() == 2
    assert Order.objects.values("checkout_ref").distinct().count() == 1
    assert owner.lines().count() == 1


def test_a_changed_price_is_asked_about_before_anything_is_ordered(mine, owner, filled):
    fields = form_of(mine)
    sku_price_change(sku_id=filled[0].pk, price_fen=6000, by_id=None, now=clock.now())
    response = mine.post("/cart/checkout/", fields)
    assert response.status_code == 409
    assert "有价格变了" in response.content.decode()
    assert not Order.objects.exists()
    assert owner.lines().count() == 3


def test_a_store_that_refuses_does_not_hold_up_the_others(mine, owner, filled, monkeypatch):
    from orders.services import OrderRefused
    from orders.views import cart_checkout

    real = cart_checkout.cart_buy

    def picky(**asked):
        if asked["store_id"] == filled[0].store_id:
            raise OrderRefused("刚刚卖完了。")
        return real(**asked)

    monkeypatch.setattr(cart_checkout, "cart_buy", picky)
    response = mine.post("/cart/checkout/", form_of(mine), follow=True)
    assert "刚刚卖完了" in response.content.decode()
    assert Order.objects.get().store_id == filled[1].store_id
    assert filled[0].pk in owner.lines().values_list("sku_id", flat=True)


def test_what_was_added_meanwhile_stays_in_the_cart(mine, owner, filled):
    fields = form_of(mine)
    put(owner, filled[0], 3)
    response = mine.post("/cart/checkout/", fields)
    assert response.status_code == 409  # five pieces cost more than the two that were shown
    mine.post("/cart/checkout/", form_of(mine))
    assert filled[0].pk not in owner.lines().values_list("sku_id", flat=True)


def test_an_address_is_wanted_and_must_be_ones_own(mine, who, filled):
    fields = form_of(mine)
    stranger = cast.person()
    theirs = Address.objects.get(user=stranger.user).public_id
    for address in ("", theirs):
        response = mine.post("/cart/checkout/", {**fields, "address": address})
        assert response.status_code == 422
        assert "收货地址" in response.content.decode()
    assert not Order.objects.exists()


def test_a_note_is_kept_when_it_is_too_long(mine, filled):
    long = "枣" * 201
    response = mine.post("/cart/checkout/", form_of(mine, **{f"note_{filled[0].store_id}": long}))
    assert response.status_code == 422
    assert long in response.content.decode()
    assert not Order.objects.exists()


def test_nothing_selected_leads_back_to_the_cart(mine, owner, filled):
    cart_update(owner=owner, quantities={sku.pk: 1 for sku in filled}, selected=[])
    assert mine.get("/cart/checkout/").url == "/cart/"


def test_a_guest_is_asked_who_they_are(client):
    assert client.get("/cart/checkout/").url == "/sign-in/?next=/cart/checkout/"


# --- coupons in a cart ---
def test_each_store_of_a_cart_has_its_own_choice(mine, owner, filled, who):
    dear, cheap = (template_make(filled[0].store, off_fen=fen) for fen in (1000, 300))
    best, other = take(dear, who), take(cheap, who)
    page = mine.get("/cart/checkout/")
    section = page.context["page"].sections
    first = next(one for one in section if one.one.store.id == filled[0].store_id)
    assert first.one.cost.discount_fen == 1000
    name = f"wish_coupon_{filled[0].store_id}"
    assert f'name="{name}" value="{best.public_id}"' in page.content.decode()
    wish = {name: other.public_id, f"auto_coupon_{filled[0].store_id}": best.public_id}
    again = mine.post("/cart/checkout/", {**form_of(mine), **wish, "action": "refresh"})
    assert again.status_code == 200
    chosen = {one.one.store.id: one.one.cost for one in again.context["page"].sections}
    assert chosen[filled[0].store_id].discount_fen == 300
    shown = {f"shown_{pk}": str(cost.payable_fen) for pk, cost in chosen.items()}
    mine.post("/cart/checkout/", {**form_of(mine), **wish, **shown})
    order = Order.objects.get(store=filled[0].store)
    assert order.adjustments.get().reference == other.public_id
    assert cast.broken() == []


def test_a_cart_may_do_without_a_coupon(mine, filled, who):
    take(template_make(filled[0].store), who)
    wish = {f"wish_coupon_{filled[0].store_id}": "none"}
    page = mine.post("/cart/checkout/", {**form_of(mine), **wish, "action": "refresh"})
    assert all(one.one.cost.discount_fen == 0 for one in page.context["page"].sections)


def test_a_wish_that_makes_no_sense_is_left_out(mine, filled):
    wish = {"wish_coupon_x": "1", f"wish_coupon_{filled[0].store_id}": "cpn_none"}
    page = mine.post("/cart/checkout/", {**form_of(mine), **wish, "action": "refresh"})
    assert page.status_code == 200


def test_the_browser_is_told_how_much_is_in_the_cart(mine, filled):
    assert mine.get("/cart/").cookies["cart_size"].value == "3"
    answer = mine.post("/cart/checkout/", form_of(mine))
    assert answer.cookies["cart_size"].value == "1"
