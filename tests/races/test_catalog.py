"""Two of a merchant's staff fill one matrix; one buyer taps twice. With their controls."""

import pytest

from catalog.models import Product, ProductOption, Sku
from catalog.services import skus_generate
from catalog.tests.factories import product_make
from core import clock
from orders.queries import bought_quantities
from tests import cast
from tests.races.threads import kinds, many, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shirt():
    product = product_make()
    ProductOption.objects.create(
        store_id=product.store_id, product=product, name="颜色", values=["红", "黑"]
    )
    return product


def generate(product):
    return skus_generate(product_id=product.pk, by_id=None, now=clock.now())


def test_a_matrix_is_filled_once(shirt):
    results = many(lambda n: generate(shirt), 4)
    assert sorted(results) == [0, 0, 0, 2]
    assert Sku.objects.filter(product=shirt).count() == 3


def test_without_the_lock_both_want_the_same_combination(shirt, monkeypatch):
    """Control: nobody waits. The constraint stops the second, by an error."""
    read = together(lambda pk: Product.objects.get(pk=pk), 2)
    monkeypatch.setattr("catalog.services.matrix.product_lock", read)
    plain = lambda pk: Product.objects.get(pk=pk)  # noqa: E731
    monkeypatch.setattr("catalog.services.publish.product_lock", plain)
    assert kinds(many(lambda n: generate(shirt), 2)) == {"ok": 1, "IntegrityError": 1}
    assert Sku.objects.filter(product=shirt).count() == 3


# One person, one limited product, several taps.


@pytest.fixture
def limited():
    sku = cast.sku_on_sale()
    Product.objects.filter(pk=sku.product_id).update(purchase_limit=2)
    return sku


def test_one_person_buys_no_more_than_the_limit(limited):
    alice = cast.person()
    told = kinds(many(lambda n: cast.buy(alice, limited), 5))
    assert told == {"ok": 2, "PurchaseLimitReached": 3}
    limited.refresh_from_db()
    assert (limited.reserved, cast.broken()) == (2, [])


def test_without_the_lock_the_limit_is_passed(limited, monkeypatch):
    """Control: both count before either has ordered."""
    monkeypatch.setattr("orders.services.place.purchases_lock", lambda *_: None)
    monkeypatch.setattr("orders.services.place.bought_quantities", together(bought_quantities, 3))
    alice = cast.person()
    assert kinds(many(lambda n: cast.buy(alice, limited), 3)) == {"ok": 3}
