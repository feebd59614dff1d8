"""Machines are tables: every pair that is not in a table is refused, and nothing is written."""

import itertools

import pytest
from django.db import transaction
from django.utils import timezone

from catalog.models import Product
from catalog.states import PRODUCT, ProductState
from core.models import Fact
from core.states import IllegalMove, Machine, Move, machines
from stores.models import Store

EVERY_PAIR = [
    (machine, state, move)
    for machine in machines()
    for state, move in itertools.product(machine.states.values, machine.moves)
]


@pytest.mark.parametrize(
    ("machine", "state", "move"), EVERY_PAIR, ids=lambda value: getattr(value, "name", value)
)
@pytest.mark.django_db
def test_every_state_and_move_does_what_the_table_says(machine, state, move, row_of):
    row = row_of(machine, state)
    before = Fact.objects.count()
    moved = machine.move_row(row, move, now=timezone.now())
    row_again = type(row)._base_manager.get(pk=row.pk)
    stored = getattr(row_again, machine.field)
    entry = machine.moves[move]
    if state in entry.sources:
        assert moved
        assert stored == entry.target == getattr(row, machine.field)
        assert Fact.objects.count() - before == (1 if entry.fact else 0)
    else:
        assert not moved
        assert stored == state == getattr(row, machine.field)
        assert Fact.objects.count() == before


@pytest.fixture
def products(db):
    store = Store.objects.create(slug="z", name="枣园")
    return [Product.objects.create(store=store, title=f"枣 {n}") for n in range(3)]


def test_a_set_moves_the_rows_that_can_and_names_them(products):
    now = timezone.now()
    PRODUCT.move_row(products[0], "publish", now=now)
    moved = PRODUCT.move_set(Product.objects.all(), "publish", now=now)
    assert sorted(moved) == sorted(p.pk for p in products[1:])
    assert set(Product.objects.values_list("state", flat=True)) == {ProductState.ON_SALE}


def test_a_move_that_is_not_in_the_table_is_an_error(products):
    with pytest.raises(IllegalMove):
        PRODUCT.move_row(products[0], "explode", now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_a_state_moves_inside_a_transaction_only():
    store = Store.objects.create(slug="z", name="枣园")
    product = Product.objects.create(store=store, title="枣")
    with pytest.raises(transaction.TransactionManagementError):
        PRODUCT.move_row(product, "publish", now=timezone.now())


def test_a_table_with_an_unknown_state_is_refused():
    with pytest.raises(ValueError, match="unknown states"):
        Machine(
            "broken",
            states=ProductState,
            initial=ProductState.DRAFT,
            moves=[Move("go", (ProductState.DRAFT,), "nowhere", because="")],
        )
