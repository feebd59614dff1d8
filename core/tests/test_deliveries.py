"""A fact reaches every subscriber exactly once, whatever fails on the way."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
from django.db import transaction
from django.utils import timezone

from core import deliveries, facts
from core.facts import Event, Subscriber, facts_record
from core.models import Delivery, Fact
from stores.models import Store


@dataclass(frozen=True, kw_only=True)
class BellRang(Event):
    name: ClassVar[str] = "bell.rang"
    bell_id: int
    store_id: int


@pytest.fixture
def subscribed(monkeypatch):
    """Two subscribers of the bell, one inline; what each was told."""
    told = []

    def inline_one(event, *, now):
        told.append(("inline", event.bell_id))

    def queued_one(event, *, now):
        told.append(("queued", event.bell_id))
        Store.objects.create(slug=f"b{event.bell_id}", name="铃")

    known = {
        "test.inline_one": Subscriber("test.inline_one", BellRang, inline_one, True),
        "test.queued_one": Subscriber("test.queued_one", BellRang, queued_one, False),
    }
    monkeypatch.setattr(facts, "_subscribers", known)
    monkeypatch.setattr("core.deliveries.nudge", lambda pks: None)
    return told


def ring(bell=7):
    with transaction.atomic():
        facts_record(BellRang(bell_id=bell, store_id=1), now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_the_inline_subscriber_is_told_at_commit_and_the_queued_one_by_the_sweep(subscribed):
    ring()
    assert subscribed == [("inline", 7)]
    assert deliveries.deliveries_sweep(now=timezone.now()) == 0
    assert deliveries.deliveries_sweep(now=timezone.now() + timedelta(seconds=6)) == 1
    assert deliveries.deliveries_sweep(now=timezone.now() + timedelta(seconds=6)) == 0
    assert subscribed == [("inline", 7), ("queued", 7)]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_leaves_no_fact(subscribed):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        facts_record(BellRang(bell_id=1, store_id=1), now=timezone.now())
        _ = 1 / 0
    assert not Fact.objects.exists()
    assert subscribed == []


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_refused(subscribed):
    with pytest.raises(transaction.TransactionManagementError):
        facts_record(BellRang(bell_id=1, store_id=1), now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_loses_nothing(subscribed, monkeypatch):
    def down(pks):
        raise ConnectionError("no broker")

    monkeypatch.setattr("core.deliveries.nudge", down)
    ring()
    assert deliveries.deliveries_sweep(now=timezone.now() + timedelta(seconds=6)) == 1


@pytest.mark.django_db(transaction=True)
def test_what_a_failing_handler_wrote_is_undone_and_it_is_parked_in_the_end(
    subscribed, monkeypatch
):
    def fails(event, *, now):
        Store.objects.create(slug="half", name="一半")
        raise RuntimeError("broken")

    facts._subscribers["test.queued_one"] = Subscriber("test.queued_one", BellRang, fails, False)
    ring()
    delivery = Delivery.objects.get(subscriber="test.queued_one")
    now = timezone.now() + timedelta(seconds=6)
    for _ in range(deliveries.MAX_ATTEMPTS):
        deliveries.deliveries_sweep(now=now)
        now += timedelta(seconds=601)
    delivery.refresh_from_db()
    assert delivery.parked_at is not None
    assert delivery.attempts == deliveries.MAX_ATTEMPTS
    assert "broken" in delivery.error
    assert not Store.objects.exists()

    told = []
    facts._subscribers["test.queued_one"] = Subscriber(
        "test.queued_one", BellRang, lambda event, *, now: told.append(event), False
    )
    assert deliveries.deliveries_rerun([delivery.pk], now=now) == 1
    assert deliveries.deliveries_sweep(now=now) == 1
    assert told == [BellRang(bell_id=7, store_id=1)]


@pytest.mark.django_db(transaction=True)
def test_a_delivered_fact_is_not_rerun(subscribed):
    ring()
    deliveries.deliveries_sweep(now=timezone.now() + timedelta(seconds=6))
    pks = list(Delivery.objects.values_list("pk", flat=True))
    assert deliveries.deliveries_rerun(pks, now=timezone.now()) == 0
