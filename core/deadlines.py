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
