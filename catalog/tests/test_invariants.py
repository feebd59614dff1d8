"""For every invariant: the corruption is planted and seen named."""

import pytest
from django.db import connection

from catalog.models import Sku, StockMovement
from catalog.services import stock_reserve
from catalog.tests.factories import sku_make
from core import clock
from core.invariants import audit

pytestmark = pytest.mark.django_db


def named(invariant: str) -> list[str]:
    return [violation.row for violation in audit(now=clock.now(), names=[invariant])]


def test_sound_stock_names_nothing():
    sku = sku_make(on_hand=5)
    stock_reserve(lines={sku.pk: 1}, reference="ord_1", now=clock.now())
    assert named("stock.movements_add_up") == named("stock.never_negative") == []


@pytest.mark.parametrize("column", ["on_hand", "reserved"])
def test_a_number_changed_behind_the_services_is_named(column):
    sound, sku = sku_make(on_hand=5), sku_make(on_hand=5)
    Sku.objects.filter(pk=sku.pk).update(**{column: 4})
    assert named("stock.movements_add_up") == [f"sku {sku.public_id}"]
    assert sound.public_id not in str(named("stock.movements_add_up"))


def test_a_movement_without_its_change_is_named():
    sku = sku_make(on_hand=5)
    StockMovement.objects.create(
        store=sku.store, sku=sku, kind="restock", on_hand_change=1, moved_at=clock.now()
    )
    assert named("stock.movements_add_up") == [f"sku {sku.public_id}"]


@pytest.mark.parametrize("corruption", ["reserved = on_hand + 1", "reserved = -1", "on_hand = -1"])
def test_impossible_numbers_are_named(corruption):
    sku = sku_make(on_hand=5)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with events pending is locked
        cursor.execute("ALTER TABLE catalog_sku DROP CONSTRAINT catalog_sku_never_oversold")
        for column in ("on_hand", "reserved"):
            cursor.execute(f"ALTER TABLE catalog_sku DROP CONSTRAINT catalog_sku_{column}_check")
        cursor.execute(f"UPDATE catalog_sku SET {corruption} WHERE id = %s", [sku.pk])
    assert named("stock.never_negative") == [f"sku {sku.public_id}"]
