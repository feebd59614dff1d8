"""Two of a merchant's staff fill one matrix; one buyer taps twice; a parcel leaves while its shelf
is counted. With their controls."""

import pytest

from catalog.models import Product, ProductOption, Sku
from catalog.services import prices, skus_generate, stock, stock_reserve, stock_ship
from catalog.tests.factories import product_make, sku_make
from core import clock
from orders.queries import bought_quantities
from tests import cast
from tests.office import complaints, fill, staff_client, url
from tests.races.threads import at_once, kinds, many, together, unlocked

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
    read = unlocked(lambda pk: Product.objects.get(pk=pk), 2)
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


# Between the form's look at the stock and its lock, a parcel leaves.


def leaves(sku):
    stock_reserve(lines={sku.pk: 1}, reference="ord_1", now=clock.now())
    stock_ship(lines={sku.pk: 1}, reference="ord_1", now=clock.now())


@pytest.fixture
def shelf(monkeypatch):
    """A SKU of five, of which one leaves just before its first lock."""
    sku, locked, left = sku_make(on_hand=5), stock.sku_lock, []

    def lock(sku_id):
        if not left:
            left.append(sku_id)
            assert kinds(at_once(lambda: leaves(sku))) == {"ok": 1}
        return locked(sku_id)

    for service in (prices, stock):  # whichever the page calls first
        monkeypatch.setattr(service, "sku_lock", lock)
    return sku


def test_a_count_that_a_parcel_overtook_is_an_error_and_keeps_what_was_typed(shelf):
    page = url(Sku, "change", shelf.pk)
    answer = fill(staff_client(shelf.store), page, stock="9", price_fen="7.70")
    assert "刚刚变成了 4" in complaints(answer)
    assert answer.context["adminform"].form["price_fen"].value() == "7.70"
    shelf.refresh_from_db()
    assert (shelf.on_hand, shelf.price_fen) == (4, 880)
    assert cast.broken() == []


def test_so_it_is_on_the_products_page(shelf):
    page = url(Product, "change", shelf.product_id)
    answer = fill(staff_client(shelf.store), page, title="新名", **{"skus-0-stock": "9"})
    assert "刚刚变成了 4" in complaints(answer)
    shelf.refresh_from_db()
    assert (shelf.on_hand, shelf.product.title == "新名") == (4, False)


def test_without_looking_again_the_parcel_is_counted_back(shelf, monkeypatch):
    """Control: the form alone looks."""
    monkeypatch.setattr("catalog.admin.skus.SkuRowForm.seen", None)
    page = url(Sku, "change", shelf.pk)
    assert fill(staff_client(shelf.store), page, stock="9").status_code == 302
    shelf.refresh_from_db()
    assert shelf.on_hand == 9
