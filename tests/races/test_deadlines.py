"""Several workers at the same due rows; the control claims as one would without locks."""

from collections import Counter
from datetime import timedelta

import pytest

from campaigns.groupbuy.models import Group
from core import clock, deadlines
from core.deadlines import DeadlineKind, _Claimed
from core.tests.test_deadlines import groups
from tests.races.threads import many, together

pytestmark = pytest.mark.django_db(transaction=True)

ROWS, WORKERS = 120, 6


@pytest.fixture
def handled(monkeypatch):
    """How often each row was handled."""
    seen = []
    kind = DeadlineKind("test", Group, lambda pk, *, now: seen.append(pk), batch=10)
    monkeypatch.setattr(deadlines, "_kinds", {"test": kind})
    return seen


def tick(_number):
    return deadlines.deadlines_run(now=clock.now())["test"]


def test_six_workers_handle_every_row_once(handled):
    rows = groups(ROWS, clock.now() - timedelta(seconds=1))
    told = many(tick, WORKERS)
    assert sum(told) == ROWS
    assert Counter(handled) == Counter(row.pk for row in rows)
    assert not Group.objects.filter(due_at__isnull=False).exists()


def test_reading_and_then_pushing_hands_rows_to_two_workers(handled, monkeypatch):
    """Control: who selects what is due and pushes it afterwards shares it with whoever did, too."""
    groups(ROWS, clock.now() - timedelta(seconds=1))
    read = together(lambda due, batch: list(due.values_list("pk", "due_at")[:batch]), 2)

    def careless(kind, *, now):
        due = Group.objects.filter(due_at__lte=now).order_by("due_at", "pk")
        found = read(due, kind.batch)
        Group.objects.filter(pk__in=[pk for pk, _ in found]).update(due_at=now + kind.lease)
        return [_Claimed(pk, 0, now + kind.lease, was) for pk, was in found]

    monkeypatch.setattr(deadlines, "_claim", careless)
    many(tick, 2)
    assert max(Counter(handled).values()) > 1
