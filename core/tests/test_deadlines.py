"""Deadlines: claimed once, handled each in its own transaction, parked when they keep failing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.groupbuy.models import Group
from core import deadlines
from core.deadlines import DeadlineKind
from core.tests.conftest import make


@pytest.fixture
def kind(monkeypatch):
    handled = []

    def handler(pk, *, now):
        handled.append(pk)

    one = DeadlineKind("test", Group, handler, lease=timedelta(seconds=30), batch=2)
    monkeypatch.setattr(deadlines, "_kinds", {"test": one})
    return one, handled


def replace(monkeypatch, kind, handler):
    new = DeadlineKind(kind.name, kind.model, handler, kind.lease, kind.batch)
    monkeypatch.setattr(deadlines, "_kinds", {"test": new})


def groups(count, due_at):
    first = make(Group, due_at=due_at)
    rows = [first]
    for n in range(count - 1):
        rows.append(
            Group.objects.create(
                store=first.store,
                campaign=first.campaign,
                leader=first.leader,
                size=2,
                formed_at=due_at,
                due_at=due_at,
            )
        )
    return rows


@pytest.mark.django_db
def test_what_is_due_is_handled_in_batches_until_nothing_is_left(kind):
    now = timezone.now()
    rows = groups(5, now - timedelta(seconds=1))
    assert deadlines.deadlines_run(now=now) == {"test": 5}
    assert sorted(kind[1]) == sorted(row.pk for row in rows)
    assert not Group.objects.filter(due_at__isnull=False).exists()


@pytest.mark.django_db
def test_what_is_not_due_is_left_alone(kind):
    groups(1, timezone.now() + timedelta(hours=1))
    assert deadlines.deadlines_run(now=timezone.now()) == {"test": 0}


@pytest.mark.django_db
def test_a_handler_may_ask_to_be_called_again(kind, monkeypatch):
    now = timezone.now()
    later = now + timedelta(hours=2)
    (row,) = groups(1, now)
    replace(monkeypatch, kind[0], lambda pk, *, now: later)
    deadlines.deadlines_run(now=now)
    row.refresh_from_db()
    assert row.due_at == later
    assert row.due_attempts == 0


@pytest.mark.django_db
def test_a_due_at_that_the_handler_set_itself_stands(kind, monkeypatch):
    now = timezone.now()
    chosen = now + timedelta(hours=3)
    (row,) = groups(1, now)

    def handler(pk, *, now):
        Group.objects.filter(pk=pk).update(due_at=chosen)

    replace(monkeypatch, kind[0], handler)
    deadlines.deadlines_run(now=now)
    row.refresh_from_db()
    assert row.due_at == chosen


@pytest.mark.django_db
def test_a_row_that_sets_its_own_due_at_gathers_no_attempts_for_one_error_to_park_it(
    kind, monkeypatch
):
    now = timezone.now()
    (row,) = groups(1, now)
    calls = []

    def handler(pk, *, now):
        calls.append(pk)
        if len(calls) > deadlines.MAX_ATTEMPTS:
            raise RuntimeError("just once")
        Group.objects.filter(pk=pk).update(due_at=now + timedelta(hours=1))

    replace(monkeypatch, kind[0], handler)
    for n in range(deadlines.MAX_ATTEMPTS + 1):
        deadlines.deadlines_run(now=now + timedelta(hours=2 * n))
    assert len(calls) == deadlines.MAX_ATTEMPTS + 1
    row.refresh_from_db()
    assert (row.due_attempts, row.due_parked_at) == (1, None)
    assert row.due_at is not None
    assert "just once" in row.due_error


@pytest.mark.django_db
def test_what_the_budget_does_not_allow_for_waits_as_it_was(kind, monkeypatch):
    now = timezone.now()
    due_at = now - timedelta(minutes=5)
    rows = groups(2, due_at)
    ticks = iter([0.0, 0.0, 0.0, 0.0, 21.0])
    monkeypatch.setattr(deadlines, "monotonic", lambda: next(ticks, 21.0))
    assert deadlines.deadlines_run(now=now, budget_s=20) == {"test": 1}
    assert kind[1] == [rows[0].pk]
    left = Group.objects.get(due_at__isnull=False)
    assert (left.pk, left.due_at, left.due_attempts) == (rows[1].pk, due_at, 0)


@pytest.mark.django_db
def test_a_poison_row_is_parked_and_the_others_go_on(kind, monkeypatch):
    now = timezone.now()
    poison, healthy = groups(2, now)
    done = []

    def handler(pk, *, now):
        if pk == poison.pk:
            raise RuntimeError("poison")
        done.append(pk)

    replace(monkeypatch, kind[0], handler)
    for n in range(deadlines.MAX_ATTEMPTS):
        deadlines.deadlines_run(now=now + timedelta(seconds=31 * n))
    assert done == [healthy.pk]
    poison.refresh_from_db()
    assert poison.due_parked_at is not None
    assert poison.due_at is None
    assert "poison" in poison.due_error
