"""Stock is reserved, released and shipped once, and never below zero."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from catalog.models import Sku, StockMovement
from catalog.services import (
    NotReserved,
    OutOfStock,
    StockRefused,
    sku_remove,
    stock_correct,
    stock_release,
    stock_reserve,
    stock_restock,
    stock_ship,
)
from catalog.tests.factories import sku_make
from core import clock
from core.invariants import audit

pytestmark = pytest.mark.django_db


def numbers(sku: Sku) -> tuple[int, int]:
    sku.refresh_from_db()
    return sku.on_hand, sku.reserved


@pytest.fixture(autouse=True)
def _movements_add_up():
    yield
    assert audit(now=clock.now(), names=["stock.movements_add_up", "stock.never_negative"]) == []


def test_reserving_takes_from_what_is_available():
    sku = sku_make(on_hand=5)
    stock_reserve(lines={sku.pk: 3}, reference="ord_1", now=clock.now())
    assert numbers(sku) == (5, 3)
    assert sku.available == 2


def test_more_than_is_available_is_refused_with_what_is_left():
    sku = sku_make(on_hand=5)
    stock_reserve(lines={sku.pk: 3}, reference="ord_1", now=clock.now())
    with pytest.raises(OutOfStock) as refused, transaction.atomic():
        stock_reserve(lines={sku.pk: 3}, reference="ord_2", now=clock.now())
    assert (refused.value.sku_id, refused.value.available) == (sku.pk, 2)
    assert "只剩 2 件" in str(refused.value)
    assert numbers(sku) == (5, 3)


def test_nothing_of_an_order_is_reserved_when_one_line_is_short():
    plenty, short = sku_make(on_hand=5), sku_make(on_hand=0)
    with pytest.raises(OutOfStock, match="已售罄"), transaction.atomic():
        stock_reserve(lines={short.pk: 1, plenty.pk: 1}, reference="ord_1", now=clock.now())
    assert numbers(plenty) == (5, 0)


def test_a_removed_sku_cannot_be_reserved():
    sku = sku_make(on_hand=5)
    sku_make(sku.product)
    sku_remove(sku_id=sku.pk, now=clock.now())
    with pytest.raises(OutOfStock) as refused, transaction.atomic():
        stock_reserve(lines={sku.pk: 1}, reference="ord_1", now=clock.now())
    assert refused.value.available == 0


def test_an_unknown_sku_is_out_of_stock():
    with pytest.raises(OutOfStock), transaction.atomic():
        stock_reserve(lines={987654321: 1}, reference="ord_1", now=clock.now())


def test_one_reference_reserves_a_sku_once():
    sku = sku_make(on_hand=5)
    stock_reserve(lines={sku.pk: 1}, reference="ord_1", now=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        stock_reserve(lines={sku.pk: 1}, reference="ord_1", now=clock.now())
    assert numbers(sku) == (5, 1)


def test_cancelling_twice_restores_stock_once():
    sku = sku_make(on_hand=5)
    stock_reserve(lines={sku.pk: 3}, reference="ord_1", now=clock.now())
    for _ in range(2):
        stock_release(lines={sku.pk: 3}, reference="ord_1", now=clock.now())
    assert numbers(sku) == (5, 0)
    assert StockMovement.objects.filter(sku=sku, kind="release").count() == 1


def test_shipping_twice_consumes_once():
    sku = sku_make(on_hand=5)
    stock_reserve(lines={sku.pk: 3}, reference="ord_1", now=clock.now())
    for _ in range(2):
        stock_ship(lines={sku.pk: 3}, reference="ord_1", now=clock.now())
    assert numbers(sku) == (2, 0)


def test_what_was_shipped_is_not_released_and_what_was_released_is_not_shipped():
    shipped, released = sku_make(on_hand=5), sku_make(on_hand=5)
    both = {shipped.pk: 1, released.pk: 1}
    stock_reserve(lines=both, reference="ord_1", now=clock.now())
    stock_ship(lines={shipped.pk: 1}, reference="ord_1", now=clock.now())
    stock_release(lines=both, reference="ord_1", now=clock.now())
    stock_ship(lines=both, reference="ord_1", now=clock.now())
    assert numbers(shipped) == (4, 0)
    assert numbers(released) == (5, 0)


def test_releasing_what_was_never_reserved_is_an_error_and_takes_from_nobody():
    sku = sku_make(on_hand=5)
    stock_reserve(lines={sku.pk: 3}, reference="ord_1", now=clock.now())
    for lines, reference in (({sku.pk: 3}, "ord_2"), ({sku.pk: 2}, "ord_1")):
        with pytest.raises(NotReserved), transaction.atomic():
            stock_release(lines=lines, reference=reference, now=clock.now())
    assert numbers(sku) == (5, 3)


@pytest.mark.parametrize(("quantity", "reference"), [(0, "ord_1"), (-1, "ord_1"), (1, "")])
def test_a_quantity_below_one_or_no_reference_is_refused(quantity, reference):
    sku = sku_make(on_hand=5)
    with pytest.raises(ValueError, match=r"at least one|reference"):
        stock_reserve(lines={sku.pk: quantity}, reference=reference, now=clock.now())


def test_restocking_adds_and_says_who_and_why():
    sku = sku_make(on_hand=5)
    stock_restock(sku_id=sku.pk, quantity=7, reason="新到一车", by_id=None, now=clock.now())
    assert numbers(sku) == (12, 0)
    assert StockMovement.objects.filter(sku=sku, reason="新到一车", on_hand_change=7).exists()
    for quantity in (0, -3, 10_000_001):
        with pytest.raises(StockRefused):
            stock_restock(sku_id=sku.pk, quantity=quantity, reason="", by_id=None, now=clock.now())


def test_a_count_corrects_stock_but_never_below_what_orders_hold():
    sku = sku_make(on_hand=5)
    stock_reserve(lines={sku.pk: 3}, reference="ord_1", now=clock.now())
    stock_correct(sku_id=sku.pk, on_hand=4, reason="盘点", by_id=None, now=clock.now())
    assert numbers(sku) == (4, 3)
    with pytest.raises(StockRefused, match="3 件被订单或砍价占用"):
        stock_correct(sku_id=sku.pk, on_hand=2, reason="盘点", by_id=None, now=clock.now())
    stock_correct(sku_id=sku.pk, on_hand=4, reason="没变", by_id=None, now=clock.now())
    assert StockMovement.objects.filter(sku=sku, kind="correct").count() == 1


def test_one_statement_per_sku(django_assert_num_queries):
    lines = {sku_make(on_hand=5).pk: 1, sku_make(on_hand=5).pk: 2}
    with django_assert_num_queries(2):
        stock_reserve(lines=lines, reference="ord_1", now=clock.now())
    with django_assert_num_queries(2):
        stock_release(lines=lines, reference="ord_1", now=clock.now())


def test_the_database_itself_refuses_to_oversell():
    sku = sku_make(on_hand=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sku.objects.filter(pk=sku.pk).update(reserved=6)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE catalog_stockmovement SET on_hand_change = 9",
        "DELETE FROM catalog_stockmovement",
        "UPDATE catalog_pricechange SET after_fen = 1",
        "DELETE FROM catalog_pricechange",
    ],
)
def test_history_cannot_be_rewritten(change):
    sku_make(on_hand=5)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(change)


def test_a_closed_account_is_forgotten_by_its_movements():
    from accounts.tests.factories import user_make

    sku, clerk = sku_make(on_hand=5), user_make(nickname="小李")
    stock_restock(sku_id=sku.pk, quantity=1, reason="补货", by_id=clerk.pk, now=clock.now())
    clerk.delete()
    assert StockMovement.objects.get(sku=sku, reason="补货").by_id is None
