"""Who was told of a fact is forgotten after a month; the fact is not, nor what nobody heard yet."""

from datetime import timedelta

import pytest

from core import clock, deliveries
from core.deliveries import KEPT_FOR, deliveries_forget
from core.models import Delivery, Fact

pytestmark = pytest.mark.django_db

OLD, YOUNG = KEPT_FOR + timedelta(hours=1), KEPT_FOR - timedelta(hours=1)


def told(age, *, delivered=True, **changes):
    at = clock.now() - age
    fact = Fact.objects.create(
        name="order.paid", subject="order", subject_id=1, payload={}, recorded_at=at
    )
    return Delivery.objects.create(
        fact_id=fact.pk,
        fact_at=at,
        name="order.paid",
        subscriber="orders.nobody",
        due_at=at,
        delivered_at=at if delivered else None,
        **changes,
    )


def left():
    return set(Delivery.objects.values_list("pk", flat=True))


def test_old_ones_go_and_whatever_is_not_over_stays():
    gone = [told(OLD), told(OLD)]
    waiting, parked = told(OLD, delivered=False), told(OLD, delivered=False, parked_at=clock.now())
    late = told(OLD)
    Delivery.objects.filter(pk=late.pk).update(delivered_at=clock.now() - YOUNG)
    young = told(YOUNG)
    assert deliveries_forget(now=clock.now()) == len(gone)
    assert left() == {waiting.pk, parked.pk, late.pk, young.pk}
    assert Fact.objects.count() == 6


def test_it_goes_batch_by_batch_past_what_stays(monkeypatch):
    monkeypatch.setattr(deliveries, "FORGET_BATCH", 2)
    kept = [told(OLD, delivered=False) for _ in range(3)]
    for _ in range(4):
        told(OLD)
    assert deliveries_forget(now=clock.now(), batches=3) == 3
    assert deliveries_forget(now=clock.now(), batches=3) == 1
    assert left() == {row.pk for row in kept}


def test_what_is_young_is_not_read_through(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(deliveries, "FORGET_BATCH", 2)
    told(OLD)
    for _ in range(9):
        told(YOUNG)
    with django_assert_num_queries(2):
        assert deliveries_forget(now=clock.now()) == 1
