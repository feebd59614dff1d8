"""What changes between the cart and the order is said, and nothing leaves a checkout silently."""

import pytest

from catalog.models import Product
from catalog.services import product_withdraw, sku_price_change
from catalog.tests.factories import sku_make
from core import clock
from orders import carts
from orders.models import Order
from orders.services import OrderRefused
from orders.services.cart import Owner, cart_update
from orders.tests.carts import form_of, put
from orders.tests.factories import place
from orders.views import cart_checkout
from tests import cast

pytestmark = pytest.mark.django_db

NOTE = "周末再送 🙏"


@pytest.fixture
def who(client):
    who = cast.person()
    client.force_login(who.user)
    return who


@pytest.fixture
def owner(who):
    return Owner(who.id)


@pytest.fixture
def two(owner):
    """Goods of two stores, selected."""
    skus = [cast.sku_on_sale(), cast.sku_on_sale()]
    for sku in skus:
        put(owner, sku)
    return skus


def seen(owner):
    return carts.cart_of(owner, now=clock.now())


def gone(sku):
    product_withdraw(product_id=sku.product_id, now=clock.now())


def test_a_store_whose_only_goods_died_is_named_before_anything_is_ordered(client, owner, two):
    sent = form_of(client, **{f"note_{two[1].store_id}": NOTE})
    gone(two[0])
    answer = client.post("/cart/checkout/", sent)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "有商品现在买不了" in text
    assert two[0].product.title in text
    assert "已下架" in text
    assert NOTE in text
    assert not Order.objects.exists()
    # Knowing that, the shopper orders the rest.
    del sent[f"shown_{two[0].store_id}"]
    assert client.post("/cart/checkout/", sent).status_code == 302
    assert Order.objects.get().store_id == two[1].store_id
    assert list(owner.lines().values_list("sku_id", flat=True)) == [two[0].pk]


def test_when_all_died_nobody_is_told_to_tick_something(client, two):
    sent = form_of(client)
    for sku in two:
        gone(sku)
    answer = client.post("/cart/checkout/", sent)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "请先在购物车里勾选" not in text
    assert all(sku.product.title in text for sku in two)
    assert "提交订单" not in text


def test_a_store_that_this_checkout_ordered_from_already_is_not_missed(client, two, monkeypatch):
    sent, real, done = form_of(client), cart_checkout.cart_buy, []

    def dies(**asked):
        if done:
            raise RuntimeError("killed")
        done.append(real(**asked))

    monkeypatch.setattr(cart_checkout, "cart_buy", dies)
    with pytest.raises(RuntimeError):
        client.post("/cart/checkout/", sent)
    monkeypatch.setattr(cart_checkout, "cart_buy", real)
    assert client.post("/cart/checkout/", sent).status_code == 302
    assert Order.objects.count() == 2


def test_opening_the_checkout_shows_what_of_the_selection_is_left_out(client, two):
    gone(two[0])
    page = client.get("/cart/checkout/")
    assert [item.sku.id for item in page.context["page"].aside] == [two[0].pk]
    assert "现在买不了，不在这次订单里" in page.content.decode()


def test_what_died_while_the_cart_was_open_is_said_at_the_checkout(client, owner, two):
    cart_update(owner=owner, quantities={sku.pk: 1 for sku in two}, selected=[])
    sent = {f"quantity_{sku.public_id}": "1" for sku in two}
    sent |= {"selected": [sku.public_id for sku in two], "action": "checkout"}
    gone(two[0])
    text = client.post("/cart/", sent, follow=True).content.decode()
    assert "现在买不了，不在这次订单里" in text
    gone(two[1])
    text = client.post("/cart/", sent, follow=True).content.decode()
    assert "你勾选的商品现在都买不了" in text
    assert "请先在购物车里勾选" not in text


def test_what_is_refused_whole_comes_back_with_what_was_typed(client, two, monkeypatch):
    def refuses(**asked):
        raise OrderRefused("刚刚卖完了。")

    monkeypatch.setattr(cart_checkout, "cart_buy", refuses)
    answer = client.post("/cart/checkout/", form_of(client, **{f"note_{two[0].store_id}": NOTE}))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert text.count("刚刚卖完了。") == 2
    assert NOTE in text


def test_the_note_to_a_store_that_refused_waits_for_the_next_try(client, two, monkeypatch):
    real = cart_checkout.cart_buy

    def picky(**asked):
        if asked["store_id"] == two[0].store_id:
            raise OrderRefused("刚刚卖完了。")
        return real(**asked)

    monkeypatch.setattr(cart_checkout, "cart_buy", picky)
    client.post("/cart/checkout/", form_of(client, **{f"note_{two[0].store_id}": NOTE}))
    (section,) = client.get("/cart/checkout/").context["page"].sections
    assert (section.one.store.id, section.note) == (two[0].store_id, NOTE)


def test_a_price_that_moved_since_it_was_put_in_is_marked_at_the_checkout(client, two):
    assert "放进来时" not in client.get("/cart/checkout/").content.decode()
    sku_price_change(sku_id=two[0].pk, price_fen=6600, by_id=None, now=clock.now())
    assert "放进来时 ¥59.00" in client.get("/cart/checkout/").content.decode()


# --- purchase limits


def limited(limit):
    sku = cast.sku_on_sale()
    Product.objects.filter(pk=sku.product_id).update(purchase_limit=limit)
    return sku


def problems(owner):
    return {item.sku.id: (item.problem, item.can_have) for item in seen(owner).aside}


def test_more_than_one_may_buy_is_set_aside_with_how_many_may_be(client, owner, who):
    sku = limited(3)
    place(sku, who, quantity=2)
    put(owner, sku, 2)
    assert problems(owner) == {sku.pk: ("每人限购 3 件，还能买 1 件", 1)}
    client.post("/cart/", {"take_rest": sku.public_id})
    assert problems(owner) == {}
    place(sku, who)
    assert problems(owner) == {sku.pk: ("每人限购 3 件，已经买满了", 0)}


def test_two_skus_of_one_product_share_its_limit(owner):
    sku = limited(3)
    other = sku_make(sku.product, price_fen=100, on_hand=9)
    put(owner, sku, 2)
    put(owner, other, 2)
    assert problems(owner) == {sku.pk: ("每人限购 3 件，还能买 1 件", 1)}
    cart_update(owner=owner, quantities={other.pk: 2}, selected=[])
    assert problems(owner) == {}


def test_what_is_sold_out_uses_up_no_limit(owner):
    sku = limited(3)
    other = sku_make(sku.product, price_fen=100, on_hand=1)
    put(owner, sku, 3)
    put(owner, other, 2)
    assert problems(owner) == {other.pk: ("只剩 1 件", 1)}


def test_a_guests_cart_knows_the_limit_too():
    sku, guest = limited(3), Owner(None, "g" * 26)
    put(guest, sku, 4)
    assert problems(guest) == {sku.pk: ("每人限购 3 件，还能买 3 件", 3)}


def test_a_limit_costs_one_query(owner, django_assert_num_queries):
    plain = cast.sku_on_sale()
    put(owner, plain)
    with django_assert_num_queries(5):
        seen(owner)
    Product.objects.filter(pk=plain.product_id).update(purchase_limit=3)
    with django_assert_num_queries(6):
        seen(owner)
