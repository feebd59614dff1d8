"""What must always be true. `manage.py audit` asks every invariant and names each row that breaks it.

Apps register theirs in `invariants.py`; each is one read-only query that stays fast on millions of
rows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from core.models import Delivery

# So many rows of what breaks one invariant are named.
LIMIT = 1000
# Facts are delivered within a second: what waits for one may be out of step for so long.
DELIVERY = timedelta(minutes=1)

# What an invariant finds: (row, detail).
Broken = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Violation:
    """A broken invariant at one row: `row` names it ("order ord_…"), `detail` says what is wrong."""

    invariant: str
    row: str
    detail: str


Check = Callable[[datetime], Broken]


@dataclass(frozen=True)
class Invariant:
    name: str
    because: str
    check: Check


_invariants: dict[str, Invariant] = {}


def invariant(name: str, *, because: str) -> Callable[[Check], Check]:
    """Register a check: given `now`, it yields (row, detail) for everything that is wrong."""

    def register(check: Check) -> Check:
        _invariants[name] = Invariant(name, because, check)
        return check

    return register


def rows(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """The first LIMIT rows of a query that finds what is wrong."""
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT {LIMIT}", parameters)
        return cursor.fetchall()


def invariants() -> list[Invariant]:
    return [_invariants[name] for name in sorted(_invariants)]


def audit(*, now: datetime, names: Iterable[str] | None = None) -> list[Violation]:
    """Ask every invariant, or the named ones; everything that is wrong.

    Raises KeyError for a name that is no invariant's: what was not asked is not proven.
    """
    asked = invariants() if names is None else [_invariants[name] for name in dict.fromkeys(names)]
    return [Violation(one.name, row, detail) for one in asked for row, detail in one.check(now)]


@invariant("facts.delivered", because="no fact is undelivered for longer than a minute")
def facts_delivered(now: datetime) -> Broken:
    late = Delivery.objects.filter(delivered_at=None, fact_at__lt=now - DELIVERY)
    # Each is one index of what is not over; together they would be a read of everything.
    waiting = late.filter(parked_at=None).order_by("due_at")
    parked = late.filter(parked_at__isnull=False).order_by("parked_at")
    for kind, found in (("undelivered", waiting), ("parked", parked)):
        for one in found[:LIMIT]:
            yield f"delivery {one.pk}", f"{one} {kind} since {one.fact_at.isoformat()}"


@invariant("deadlines.kept", because="no deadline is parked or long overdue")
def deadlines_kept(now: datetime) -> Broken:
    from core.deadlines import deadline_kinds

    for kind in deadline_kinds():
        waiting = kind.model._base_manager
        for pk, since, error in waiting.filter(due_parked_at__isnull=False).values_list(
            "pk", "due_parked_at", "due_error"
        )[:LIMIT]:
            yield f"{kind.name} {pk}", f"parked since {since}: {error}"
        for pk, due_at in waiting.filter(due_at__lt=now - timedelta(minutes=2)).values_list(
            "pk", "due_at"
        )[:LIMIT]:
            yield f"{kind.name} {pk}", f"due since {due_at}"
