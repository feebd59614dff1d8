"""Claims: a worker's rows are its own for the lease, come back when it dies, and one that kills every
worker is parked without its neighbours."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.groupbuy.models import Group
from core import deadlines
from core.deadlines import DeadlineKind
from core.tests.test_deadlines import groups

pytestmark = pytest.mark.django_db

LEASE = timedelta(seconds=30)


class Killed(BaseException):
    """What SIGKILL does to a handler: no `except Exception` sees it."""


@pytest.fixture
def kind(monkeypatch):
    def use(handler, *, batch=100):
        one = DeadlineKind("test", Group, handler, lease=LEASE, batch=batch)
        monkeypatch.setattr(deadlines, "_kinds", {"test": one})
        return one

    return use


def run(now):
    """A tick; whether its worker lived."""
    try:
        deadlines.deadlines_run(now=now)
    except Killed:
        return False
    return True


def pks(claimed):
    return [row.pk for row in claimed]


def test_what_one_worker_has_claimed_another_does_not_get(kind):
    one = kind(lambda pk, *, now: None, batch=2)
    now = timezone.now()
    rows = groups(3, now)
    first, second = deadlines._claim(one, now=now), deadlines._claim(one, now=now)
    assert (len(first), len(second)) == (2, 1)
    assert sorted(pks(first) + pks(second)) == [row.pk for row in rows]
    assert deadlines._claim(one, now=now) == []


def test_a_dead_workers_rows_come_back_after_their_lease_and_not_before(kind):
    one = kind(lambda pk, *, now: None)
    now = timezone.now()
    (row,) = groups(1, now)
    deadlines._claim(one, now=now)  # and then the worker is gone
    assert deadlines._claim(one, now=now + LEASE - timedelta(seconds=1)) == []
    again = deadlines._claim(one, now=now + LEASE)
    assert (pks(again), again[0].attempts) == ([row.pk], 2)


def handle(kind, claimed):
    done = []
    deadlines._handle(kind, claimed, done)
    deadlines._done(kind, done)


def test_what_was_handled_is_marked_before_the_batch_is_over(kind, monkeypatch):
    """A batch whose rows take their time is not taken over by others when the lease is over."""
    now = timezone.now()
    rows, left = groups(5, now), []
    monkeypatch.setattr(deadlines, "MARKED_EVERY_S", 0)
    kind(lambda pk, *, now: left.append(type(rows[0]).objects.filter(due_attempts=1).count()))
    assert run(now)
    assert left == [5, 4, 3, 2, 1]


def test_who_comes_back_after_the_lease_does_not_undo_what_the_next_worker_set(kind):
    later = timezone.now() + timedelta(days=1)
    one = kind(lambda pk, *, now: later)
    now = timezone.now()
    (row,) = groups(1, now)
    (late,) = deadlines._claim(one, now=now)
    (next_one,) = deadlines._claim(one, now=now + LEASE)
    handle(one, late)
    row.refresh_from_db()
    assert (row.due_at, row.due_attempts) == (next_one.lease_until, 2)
    handle(one, next_one)
    row.refresh_from_db()
    assert (row.due_at, row.due_attempts) == (later, 0)


def test_a_row_that_kills_its_worker_is_parked_and_its_neighbours_are_handled(kind):
    now = timezone.now()
    killer, *others = groups(5, now)
    begun, done = [], []

    def handler(pk, *, now):
        begun.append(pk)
        if pk == killer.pk:
            raise Killed
        done.append(pk)

    kind(handler)
    lived = [run(now + n * (LEASE + timedelta(seconds=1))) for n in range(12)]
    assert lived == [False] * deadlines.MAX_ATTEMPTS + [True] * 2
    assert begun.count(killer.pk) == deadlines.MAX_ATTEMPTS
    assert sorted(done) == [row.pk for row in others]
    killer.refresh_from_db()
    assert (killer.due_at, killer.due_error) == (None, deadlines.DIED)
    assert killer.due_parked_at is not None
    assert not Group.objects.exclude(pk=killer.pk).exclude(due_parked_at=None).exists()


def test_what_failed_before_it_killed_is_parked_with_the_error_it_had(kind):
    now = timezone.now()
    (row,) = groups(1, now)
    Group.objects.filter(pk=row.pk).update(due_attempts=10, due_error="ValueError: before")
    kind(lambda pk, *, now: pytest.fail("it has had its ten attempts"))
    deadlines.deadlines_run(now=now)
    row.refresh_from_db()
    assert (row.due_at, row.due_error) == (None, "ValueError: before")
    assert row.due_parked_at is not None


def lag(now):
    (one,) = deadlines.deadline_lags(now=now)
    return one.due, one.lag_s


def test_what_nobody_took_is_late_since_it_was_due(kind):
    kind(lambda pk, *, now: None)
    now = timezone.now()
    groups(2, now - timedelta(seconds=90))
    Group.objects.filter(pk=Group.objects.first().pk).update(due_at=now + timedelta(hours=1))
    assert lag(now) == (1, 90)


def test_what_killed_its_workers_is_late_though_each_claim_pushed_it(kind):
    one = kind(lambda pk, *, now: None)
    due_at = timezone.now()
    groups(1, due_at)
    for n in range(3):
        assert deadlines._claim(one, now=due_at + n * LEASE)
    just_claimed = due_at + 2 * LEASE + timedelta(seconds=1)
    assert lag(just_claimed) == (1, 61)
    assert lag(due_at + 3 * LEASE) == (1, 90)


def test_what_fails_again_and_again_is_late(kind):
    now = timezone.now()
    groups(1, now)

    def handler(pk, *, now):
        raise RuntimeError("no")

    kind(handler)
    for n in range(2):
        deadlines.deadlines_run(now=now + n * LEASE)
    due, lag_s = lag(now + LEASE + timedelta(seconds=5))
    assert (due, lag_s >= 30) == (1, True)


def test_what_is_being_handled_for_the_first_time_is_not_late(kind):
    one = kind(lambda pk, *, now: None)
    now = timezone.now()
    groups(1, now)
    deadlines._claim(one, now=now)
    assert lag(now + timedelta(seconds=1)) == (0, 0)


def test_parked_rows_are_counted_with_the_newest_error_and_tried_again_on_demand(kind):
    done = []
    kind(lambda pk, *, now: done.append(pk))
    now = timezone.now()
    old, new = groups(2, now)
    for row, minutes, error in ((old, 9, "KeyError: old"), (new, 1, "KeyError: new")):
        Group.objects.filter(pk=row.pk).update(
            due_at=None,
            due_parked_at=now - timedelta(minutes=minutes),
            due_attempts=10,
            due_error=error,
        )
    (one,) = deadlines.deadline_lags(now=now)
    assert (one.due, one.parked, one.error) == (0, 2, "KeyError: new")
    assert deadlines.deadlines_again(name="test", now=now) == 2
    deadlines.deadlines_run(now=now)
    assert sorted(done) == [old.pk, new.pk]
    assert deadlines.deadline_lags(now=now)[0].parked == 0
    with pytest.raises(KeyError):
        deadlines.deadlines_again(name="nobody", now=now)
