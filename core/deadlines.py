"""Deadlines: a column, claimed in batches with a lease, each row handled in its own transaction.

Claiming pushes `due_at` forward by the lease, which doubles as the back-off: a killed worker's rows
come back by themselves. A row that keeps failing is parked and holds up nobody.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.db import connection
from django.db.models import Count, Min

from core import clock
from core.models import Deadline

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 10


@dataclass(frozen=True)
class DeadlineKind:
    """What to do when a model's rows are due.

    `handler(pk, now=…)` does the work in its own transaction and returns the next `due_at`, or
    None when nothing is left to wait for. It must be safe to run twice. If it sets `due_at`
    itself, that stands.
    """

    name: str
    model: type[Deadline]
    handler: Callable[..., datetime | None]
    lease: timedelta = timedelta(seconds=60)
    batch: int = 100


_kinds: dict[str, DeadlineKind] = {}


def deadline_register(kind: DeadlineKind) -> None:
    """Register a kind, from an app's `deadlines.py`."""
    _kinds[kind.name] = kind


def deadline_kinds() -> list[DeadlineKind]:
    return [_kinds[name] for name in sorted(_kinds)]


def deadlines_run(*, now: datetime, budget_s: float = 20.0) -> dict[str, int]:
    """Handle what is due, kind after kind, until nothing is left or the budget is used up.

    Returns how many rows of each kind were handled. Several processes may run this at once.
    """
    started = monotonic()
    handled = {kind.name: 0 for kind in deadline_kinds()}
    again = True
    while again and monotonic() - started < budget_s:
        again = False
        for kind in deadline_kinds():
            claimed = _claim(kind, now=max(now, clock.now()))
            for pk, lease_until in claimed:
                _handle(kind, pk, lease_until)
            handled[kind.name] += len(claimed)
            again = again or len(claimed) == kind.batch
    return handled


@dataclass(frozen=True)
class Lag:
    """How far one kind is behind: rows that are due, for how long the oldest has been, and rows
    that were parked, with the newest one's error."""

    name: str
    label: str
    due: int
    lag_s: int
    parked: int
    error: str


def deadline_lags(*, now: datetime) -> list[Lag]:
    """How far every kind is behind, by name; two small index reads for each."""
    return [_lag(kind, now=now) for kind in deadline_kinds()]


def _lag(kind: DeadlineKind, *, now: datetime) -> Lag:
    rows = kind.model._base_manager
    due = rows.filter(due_at__lte=now).aggregate(number=Count("pk"), oldest=Min("due_at"))
    parked = rows.filter(due_parked_at__isnull=False).order_by("-due_parked_at")
    newest = parked.first()
    behind = (now - due["oldest"]).total_seconds() if due["oldest"] else 0
    return Lag(
        name=kind.name,
        label=str(kind.model._meta.verbose_name),
        due=due["number"],
        lag_s=int(behind),
        parked=parked.count(),
        error=newest.due_error if newest else "",
    )


def deadlines_again(*, name: str, now: datetime) -> int:
    """Give a kind's parked rows another ten attempts; how many there were. Raises KeyError."""
    rows = _kinds[name].model._base_manager.filter(due_parked_at__isnull=False)
    return rows.update(due_at=now, due_attempts=0, due_parked_at=None)


def _claim(kind: DeadlineKind, *, now: datetime) -> list[tuple[int, datetime]]:
    table = connection.ops.quote_name(kind.model._meta.db_table)
    sql = (
        f"UPDATE {table} SET due_at = %s, due_attempts = due_attempts + 1 WHERE id IN ("
        f"SELECT id FROM {table} WHERE due_at <= %s ORDER BY due_at LIMIT %s "
        f"FOR UPDATE SKIP LOCKED) RETURNING id, due_at"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [now + kind.lease, now, kind.batch])
        return sorted(cursor.fetchall())


def _handle(kind: DeadlineKind, pk: int, lease_until: datetime) -> None:
    rows = kind.model._base_manager.filter(pk=pk)
    try:
        next_due = kind.handler(pk, now=clock.now())
    except Exception as error:
        log.exception("deadline %s of row %s failed", kind.name, pk)
        message = f"{type(error).__name__}: {error}"[:2000]
        rows.filter(due_attempts__gte=MAX_ATTEMPTS, due_at=lease_until).update(
            due_at=None, due_parked_at=clock.now(), due_error=message
        )
        rows.filter(due_at=lease_until).update(due_error=message)
        return
    rows.filter(due_at=lease_until).update(due_at=next_due, due_attempts=0, due_error="")
