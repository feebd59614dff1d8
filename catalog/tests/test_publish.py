"""What must be there before a product goes on sale; prices keep their history."""

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from catalog.models import PriceChange, Product
from catalog.queries import skus_for_sale
from catalog.services import (
    PriceRefused,
    PublishRefused,
    product_publish,
    product_withdraw,
    sku_add,
    sku_price_change,
    sku_remove,
)
from catalog.tests.factories import category_make, photo_make, product_make, sku_make
from core import clock
from core.money import MAX_FEN
from stores.tests.factories import store_make

pytestmark = pytest.mark.django_db


def test_a_product_without_a_sku_is_not_published():
    product = Product.objects.create(store=store_make(), title="临县红枣")
    with pytest.raises(PublishRefused, match="至少添加一个规格"):
        product_publish(product_id=product.pk, now=clock.now())


def test_a_product_without_a_title_is_not_published():
    product = product_make(published=False)
    Product.objects.filter(pk=product.pk).update(title="  ")
    with pytest.raises(PublishRefused, match="标题"):
        product_publish(product_id=product.pk, now=clock.now())


def test_publishing_advises_what_would_sell_better():
    product = product_make(published=False, on_hand=0)
    advice = " ".join(product_publish(product_id=product.pk, now=clock.now()))
    assert "图片" in advice
    assert "库存为 0" in advice
    assert "详情" in advice
    photo_make(product)
    Product.objects.filter(pk=product.pk).update(description="吕梁山里的枣")
    sku_add(product_id=product.pk, name="1kg", price_fen=1600, on_hand=3, now=clock.now())
    assert product_publish(product_id=product.pk, now=clock.now()) == []


def test_a_withdrawn_product_is_not_for_sale_and_may_come_back():
    sku = sku_make()
    assert skus_for_sale([sku.pk])[sku.pk].on_sale
    assert product_withdraw(product_id=sku.product_id, now=clock.now())
    assert not product_withdraw(product_id=sku.product_id, now=clock.now())
    assert not skus_for_sale([sku.pk])[sku.pk].on_sale
    product_publish(product_id=sku.product_id, now=clock.now())
    assert skus_for_sale([sku.pk])[sku.pk].on_sale


def test_a_product_on_sale_keeps_at_least_one_sku():
    sku = sku_make()
    with pytest.raises(PublishRefused, match="至少要有一个规格"):
        sku_remove(sku_id=sku.pk, now=clock.now())
    sku_make(sku.product)
    assert sku_remove(sku_id=sku.pk, now=clock.now())
    assert not sku_remove(sku_id=sku.pk, now=clock.now())
    assert not skus_for_sale([sku.pk])[sku.pk].on_sale


def test_what_was_ever_stocked_cannot_be_deleted():
    sku = sku_make()
    with pytest.raises(ProtectedError):
        sku.delete()
    with pytest.raises(ProtectedError):
        sku.product.delete()


def test_a_price_change_is_kept():
    sku = sku_make(price_fen=880)
    assert sku_price_change(sku_id=sku.pk, price_fen=660, by_id=None, now=clock.now())
    assert not sku_price_change(sku_id=sku.pk, price_fen=660, by_id=None, now=clock.now())
    history = PriceChange.objects.filter(sku=sku).order_by("id")
    assert list(history.values_list("before_fen", "after_fen")) == [(None, 880), (880, 660)]


@pytest.mark.parametrize("price_fen", [0, -1, MAX_FEN + 1])
def test_a_price_out_of_bounds_is_refused(price_fen):
    sku = sku_make()
    with pytest.raises(PriceRefused):
        sku_price_change(sku_id=sku.pk, price_fen=price_fen, by_id=None, now=clock.now())
    with pytest.raises(PriceRefused):
        sku_add(product_id=sku.product_id, name="大", price_fen=price_fen, now=clock.now())


def test_a_sku_needs_a_name():
    with pytest.raises(PublishRefused, match="规格名"):
        sku_add(product_id=product_make().pk, name="  ", price_fen=1, now=clock.now())


def test_a_category_of_another_store_is_refused():
    product = product_make()
    product.category = category_make(store_make())
    with pytest.raises(ValidationError, match="本店"):
        product.full_clean()
