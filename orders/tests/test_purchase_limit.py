"""One person buys no more of a product than its limit, over all of their orders."""

import pytest

from catalog.models import Product
from catalog.tests.factories import sku_make
from core import clock
from orders.models import Order
from orders.services import (
    OrderItem,
    PurchaseLimitReached,
    order_cancel,
    order_close_request,
    order_line_cancel,
)
from orders.tests.factories import (
    buy,
    offer,
    order_make,
    order_placed,
    paid_make,
    person,
    place,
    sku_on_sale,
)
from orders.tests.test_pages import NOTE, form
from tests.database import statements

pytestmark = pytest.mark.django_db


def limited(limit=3):
    sku = sku_on_sale()
    Product.objects.filter(pk=sku.product_id).update(purchase_limit=limit)
    return sku


def test_over_all_orders_and_all_skus_of_the_product():
    sku, who = limited(), person()
    other = sku_make(sku.product, price_fen=100)
    place(sku, who, quantity=2)
    with pytest.raises(PurchaseLimitReached, match="每人限购 3 件，你还可以买 1 件"):
        place(other, who, quantity=2)
    place(other, who)
    with pytest.raises(PurchaseLimitReached, match="你已经买满了"):
        place(sku, who)
    assert Order.objects.count() == 2
    place(sku, person(), quantity=3)


def test_two_skus_of_one_product_in_one_order():
    sku, who = limited(), person()
    other = sku_make(sku.product, price_fen=100)
    items = [OrderItem(sku.pk, 2), OrderItem(other.pk, 2)]
    with pytest.raises(PurchaseLimitReached):
        place(sku, who, items=items)
    assert not Order.objects.exists()


def test_a_campaigns_order_counts_too():
    sku, who = limited(1), person()
    place(sku, who, offer=offer())
    with pytest.raises(PurchaseLimitReached):
        place(sku, who)


def test_what_was_closed_or_cancelled_may_be_bought_again():
    sku, who = limited(1), person()
    order = place(sku, who)
    order_close_request(order_id=order.pk, now=clock.now())
    order = paid_make(sku, buyer_id=who.id, address=who.address)
    with pytest.raises(PurchaseLimitReached):
        place(sku, who)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    place(sku, who)


def test_a_cancelled_line_may_be_bought_again():
    sku, who = limited(3), person()
    items = [OrderItem(sku.pk, 3), OrderItem(sku_on_sale(sku.store).pk, 1)]
    order = paid_make(sku, items=items, buyer_id=who.id, address=who.address)
    with pytest.raises(PurchaseLimitReached):
        place(sku, who)
    line = order.lines.get(sku=sku)
    order_line_cancel(
        order_id=order.pk, line_id=line.pk, reason="断货", by_id=None, now=clock.now()
    )
    place(sku, who, quantity=3)
    with pytest.raises(PurchaseLimitReached):
        place(sku, who)


def test_the_same_form_twice_is_one_order():
    sku, who = limited(1), person()
    key = "A" * 26
    assert buy(who, sku, form_key=key) == buy(who, sku, form_key=key)


def test_a_limit_costs_two_statements_and_no_limit_none():
    def cost(sku, who):
        return statements(
            lambda: order_placed(
                buyer_id=who.id,
                store_id=sku.store_id,
                items=[OrderItem(sku.pk, 1)],
                address=who.address,
                note="",
                expected_payable_fen=None,
                now=clock.now(),
            )
        )

    assert cost(limited(), person()) == cost(sku_on_sale(), person()) + 2


def test_the_product_page_says_it_and_the_checkout_keeps_what_was_typed(client):
    sku, who = limited(1), person()
    assert "每人限购 1 件" in client.get(f"/p/{sku.product.public_id}/").content.decode()
    order_make(sku, buyer_id=who.id, address=who.address)
    client.force_login(who.user)
    answer = client.post("/checkout/", form(sku, who))
    assert answer.status_code == 409
    assert "你已经买满了" in answer.content.decode()
    assert NOTE in answer.content.decode()
