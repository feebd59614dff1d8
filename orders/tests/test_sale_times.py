"""An order is refused outside its product's times, and keeps its words whatever becomes of it."""

from datetime import timedelta

import pytest

from catalog.models import Category, Product
from catalog.services import product_withdraw, sku_remove
from core import clock
from orders.models import Order, OrderLine
from orders.services import OrderRefused
from orders.tests.factories import order_make, sku_on_sale

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("field", ["on_sale_from", "on_sale_until"])
def test_outside_its_times_nothing_is_sold(field):
    sku = sku_on_sale()
    later = clock.now() + timedelta(hours=1)
    at = later if field == "on_sale_from" else clock.now() - timedelta(seconds=1)
    Product.objects.filter(pk=sku.product_id).update(**{field: at})
    with pytest.raises(OrderRefused, match="已下架"):
        order_make(sku)
    assert not Order.objects.exists()


def test_an_old_order_keeps_its_words_and_its_page(client):
    sku = sku_on_sale()
    order = order_make(sku)
    title, name = sku.product.title, sku.name
    Product.objects.filter(pk=sku.product_id).update(
        title="换了", category=Category.objects.create(store=sku.store, slug="x", name="x")
    )
    Category.objects.all().delete()
    product_withdraw(product_id=sku.product_id, now=clock.now())
    sku_remove(sku_id=sku.pk, now=clock.now())
    type(sku).objects.filter(pk=sku.pk).update(name="也换了")
    line = OrderLine.objects.get(order=order)
    assert (line.title, line.sku_name) == (title, name)
    client.force_login(order.buyer)
    text = client.get(f"/orders/{order.public_id}/").content.decode()
    assert title in text
    assert "换了" not in text
