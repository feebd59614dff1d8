"""A product goes on sale and off by itself, to the instant; drafts stay drafts."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from catalog.models import Product, Sku
from catalog.queries import (
    first_products,
    product_cards,
    product_page,
    sku_on_sale,
    skus_for_sale,
    store_categories,
)
from catalog.tests.factories import category_make, product_make
from core import clock
from core.public_pages import public_pages_forget

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def timed(*, begins=None, ends=None, published=True):
    product = product_make(published=published)
    now = clock.now()
    Product.objects.filter(pk=product.pk).update(
        on_sale_from=now + begins * HOUR if begins else None,
        on_sale_until=now + ends * HOUR if ends else None,
        category=category_make(product.store),
    )
    product.refresh_from_db()
    return product


def found(sku, at):
    return Sku.objects.filter(sku_on_sale(at), pk=sku.pk).exists()


@pytest.mark.parametrize(
    ("begins", "ends", "sold"),
    [
        (None, None, True),
        (-1, None, True),
        (None, 1, True),
        (-1, 1, True),
        (1, None, False),
        (1, 2, False),
        (-2, -1, False),
        (None, -1, False),
    ],
)
def test_every_reader_keeps_to_the_times(begins, ends, sold):
    product = timed(begins=begins, ends=ends)
    sku = product.skus.get()
    assert skus_for_sale([sku.pk])[sku.pk].on_sale is sold
    assert found(sku, clock.now()) is sold
    assert product_page(product.public_id).on_sale is sold
    assert bool(product_cards(store_id=product.store_id).cards) is sold
    assert bool(first_products([product.store_id], limit=5)) is sold
    assert bool(store_categories(product.store_id)) is sold


def test_it_begins_and_ends_to_the_instant():
    product = timed(begins=1, ends=2)
    sku, tick = product.skus.get().pk, timedelta(microseconds=1)

    def sold(at):
        said = skus_for_sale([sku], now=at)[sku].on_sale
        assert Sku.objects.filter(sku_on_sale(at), pk=sku).exists() is said
        return said

    begins, ends = product.on_sale_from, product.on_sale_until
    assert [sold(begins - tick), sold(begins)] == [False, True]
    assert [sold(ends - tick), sold(ends)] == [True, False]


def test_a_draft_stays_one_whatever_its_times():
    product = timed(begins=-1, published=False)
    assert product_page(product.public_id) is None
    assert not product_cards(store_id=product.store_id).cards


def test_the_database_refuses_times_the_wrong_way_round():
    product = timed(begins=2)
    product.on_sale_until = clock.now() + HOUR
    with pytest.raises(IntegrityError), transaction.atomic():
        product.save()


def test_the_page_says_when_it_begins_and_sells_nothing_before(client):
    product = timed(begins=30)
    text = client.get(f"/p/{product.public_id}/").content.decode()
    assert " 开售" in text
    assert "商品已下架" not in text
    assert "data-sheet-open" not in text
    Product.objects.filter(pk=product.pk).update(on_sale_from=clock.now() - HOUR)
    public_pages_forget()
    assert "data-sheet-open" in client.get(f"/p/{product.public_id}/").content.decode()
