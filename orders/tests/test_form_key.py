"""A form that is sent twice is one order; a refused form may be sent again."""

import pytest

from catalog.services import OutOfStock, stock_restock
from core import clock
from core.idempotency import form_key_new
from core.models import FormKey
from orders.models import Order
from orders.tests.factories import buy, person, sku_on_sale
from payments.models import Payment

pytestmark = pytest.mark.django_db


def test_the_second_sender_gets_the_first_ones_order():
    who, sku, key = person(), sku_on_sale(), form_key_new()
    first = buy(who, sku, form_key=key)
    assert buy(who, sku, form_key=key) == first
    assert (Order.objects.count(), Payment.objects.count()) == (1, 1)
    sku.refresh_from_db()
    assert sku.reserved == 1


def test_the_first_order_stands_whatever_the_second_sending_says():
    who, sku, key = person(), sku_on_sale(), form_key_new()
    first = buy(who, sku, form_key=key)
    assert buy(who, sku, quantity=5, form_key=key) == first
    assert Order.objects.get().lines.get().quantity == 1


def test_another_form_is_another_order():
    who, sku = person(), sku_on_sale()
    assert buy(who, sku) != buy(who, sku)


def test_somebody_elses_key_is_not_ones_own():
    sku, key = sku_on_sale(), form_key_new()
    alice, bob = person("Alice"), person("Bob")
    mine, theirs = buy(alice, sku, form_key=key), buy(bob, sku, form_key=key)
    assert mine != theirs
    assert Order.objects.get(public_id=theirs).buyer_id == bob.id


def test_a_refused_form_can_be_sent_again():
    who, sku, key = person(), sku_on_sale(on_hand=0), form_key_new()
    with pytest.raises(OutOfStock):
        buy(who, sku, form_key=key)
    assert not FormKey.objects.exists()
    stock_restock(sku_id=sku.pk, quantity=1, reason="到货", by_id=None, now=clock.now())
    assert buy(who, sku, form_key=key).startswith("ord_")
