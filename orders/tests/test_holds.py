"""Holds: a paid order ships when the last of them is closed, and only its owner closes one."""

import pytest

from core import clock
from core.models import Fact
from orders.models import OrderHold
from orders.services import hold_release, order_close_request
from orders.tests.factories import order_make, paid_make, sku_on_sale

pytestmark = pytest.mark.django_db


def release(*orders, kind="group"):
    return hold_release(order_ids=[o.pk for o in orders], kind=kind, now=clock.now())


def states(*orders):
    for order in orders:
        order.refresh_from_db()
    return [order.state for order in orders]


def test_a_whole_group_is_released_at_once():
    sku = sku_on_sale()
    group = [paid_make(sku, held=True) for _ in range(3)]
    other = paid_make(sku, held=True)
    assert sorted(release(*group)) == [order.pk for order in group]
    assert states(*group, other) == ["to_ship"] * 3 + ["on_hold"]
    assert all(order.released_at for order in group)
    released = Fact.objects.filter(name="order.released").values_list("subject_id", flat=True)
    assert sorted(released) == [order.pk for order in group]


def test_releasing_twice_releases_once():
    order = paid_make(held=True)
    assert release(order) == [order.pk]
    assert release(order) == []
    assert Fact.objects.filter(name="order.released").count() == 1


def test_another_hold_keeps_the_order():
    order = paid_make(held=True)
    OrderHold.objects.create(
        store=order.store, order=order, kind="risk", reference="x", opened_at=clock.now()
    )
    assert release(order) == []
    assert states(order) == ["on_hold"]
    assert release(order, kind="risk") == [order.pk]
    assert states(order) == ["to_ship"]


def test_anothers_hold_is_not_closed():
    order = paid_make(held=True)
    assert release(order, kind="risk") == []
    assert states(order) == ["on_hold"]
    assert order.holds.get().closed_at is None


def test_an_unpaid_order_is_not_released_before_its_money():
    """Its hold is closed; the money then makes it ready at once."""
    order = order_make(held=True)
    assert release(order) == []
    assert states(order) == ["awaiting_payment"]


def test_a_closed_order_leaves_no_open_hold():
    order = order_make(held=True)
    order_close_request(order_id=order.pk, now=clock.now())
    assert not OrderHold.objects.filter(closed_at=None).exists()


def test_nothing_to_release_is_nothing():
    assert release() == []
