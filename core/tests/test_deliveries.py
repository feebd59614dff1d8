"""A fact reaches every subscriber exactly once, whatever fails on the way."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
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
    monkeypatch.setattr("core.deliveries.nudge", lambda pks, *, first: None)
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
    def down(pks, *, first):
        raise ConnectionError("no broker")

    monkeypatch.setattr("core.deliveries.nudge", down)
    ring()
    assert deliveries.deliveries_sweep(now=timezone.now() + timedelta(seconds=6)) == 1


@pytest.mark.django_db(transaction=True)
def test_who_comes_first_is_nudged_before_the_others(subscribed, monkeypatch):
    nudged = []
    monkeypatch.setattr(
        "core.deliveries.nudge", lambda pks, *, first: nudged.append((list(first), list(pks)))
    )
    handler = facts._subscribers["test.queued_one"].handler
    money = Subscriber("test.money", BellRang, handler, inline=False, first=True)
    monkeypatch.setitem(facts._subscribers, "test.money", money)
    ring()
    kept = dict(Delivery.objects.values_list("subscriber", "pk"))
    assert nudged == [([kept["test.money"]], [kept["test.queued_one"]])]


@pytest.mark.django_db(transaction=True)
def test_the_sweep_takes_what_comes_first_before_what_waited_longer(subscribed, monkeypatch):
    told = []
    late = Subscriber("test.late", BellRang, lambda event, *, now: told.append("late"), False)
    money = Subscriber("test.money", BellRang, lambda event, *, now: told.append("money"), False)
    monkeypatch.setattr(facts, "_subscribers", {"test.late": late})
    ring()
    monkeypatch.setitem(facts._subscribers, "test.money", replace(money, first=True))
    del facts._subscribers["test.late"]
    ring()
    facts._subscribers["test.late"] = late
    now = timezone.now() + timedelta(seconds=6)
    assert [deliveries.deliveries_sweep(now=now, limit=1) for _ in range(3)] == [1, 1, 0]
    assert told == ["money", "late"]


@pytest.mark.django_db(transaction=True)
def test_a_delivery_whose_fact_is_gone_is_parked_for_a_person(subscribed):
    ring()
    Fact.objects.all().delete()
    now = timezone.now() + timedelta(seconds=6)
    for _ in range(deliveries.MAX_ATTEMPTS):
        assert deliveries.deliveries_sweep(now=now) == 0
        now += timedelta(seconds=601)
    (left,) = Delivery.objects.filter(delivered_at=None)
    assert left.parked_at is not None
    assert "is gone" in left.error


def test_what_is_delivered_at_once_is_not_first():
    with pytest.raises(ValueError, match="at once"):
        facts.subscribe(BellRang, inline=True, first=True)


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


@pytest.mark.django_db
def test_many_facts_are_one_statement_and_delivered_in_their_order(subscribed):
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        facts_record(*[BellRang(bell_id=n, store_id=1) for n in (9, 3, 5)], now=timezone.now())
    assert sum("core_facts_record(" in one["sql"] for one in seen.captured_queries) == 1
    assert list(Fact.objects.order_by("pk").values_list("subject_id", flat=True)) == [9, 3, 5]
    rows = Delivery.objects.order_by("pk")
    rung = {fact.pk: fact.payload["bell_id"] for fact in Fact.objects.all()}
    assert [rung[row.fact_id] for row in rows] == [9, 9, 3, 3, 5, 5]
    assert {(row.subscriber, row.attempts, row.error) for row in rows} == {
        ("test.inline_one", 0, ""),
        ("test.queued_one", 0, ""),
    }
    assert all(row.due_at > row.fact_at for row in rows)


@pytest.mark.django_db
def test_a_fact_of_no_store_is_kept(subscribed):
    @dataclass(frozen=True, kw_only=True)
    class GongRang(Event):
        name: ClassVar[str] = "gong.rang"
        gong_id: int

    with transaction.atomic():
        facts_record(GongRang(gong_id=1), BellRang(bell_id=2, store_id=4), now=timezone.now())
    assert list(Fact.objects.order_by("pk").values_list("name", "store_id")) == [
        ("gong.rang", None),
        ("bell.rang", 4),
    ]
    assert Delivery.objects.count() == 2
