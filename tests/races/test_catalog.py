"""Two of a merchant's staff fill the same matrix. With its control."""

import pytest

from catalog.models import Product, ProductOption, Sku
from catalog.services import skus_generate
from catalog.tests.factories import product_make
from core import clock
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
