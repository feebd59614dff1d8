"""Deadlines: a column, claimed in batches with a lease, each row handled in its own transaction.

Claiming pushes `due_at` forward by the lease, which doubles as the back-off: a killed worker's rows
come back by themselves. A row that keeps failing, or keeps killing its worker, is parked and holds
up nobody.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import DatabaseError, OperationalError, connection
from django.db.models import (
    Count,
    DateTimeField,
    ExpressionWrapper,
    F,
    Min,
    Q,
    Value,
)

from core import clock
from core.busy import is_busy
from core.models import Deadline

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
# Handled rows are marked together, when one is done after so many seconds: well within any lease.
MARKED_EVERY_S = 0.5
DIED = "no attempt came to an end: its worker was killed each time"


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
    stop = monotonic() + budget_s
    handled = {kind.name: 0 for kind in deadline_kinds()}
    waiting = deadline_kinds()
    while waiting and monotonic() < stop:
        waiting = [
            kind
            for kind in waiting
            if _round(kind, now=max(now, clock.now()), stop=stop, handled=handled)
        ]
    return handled


@dataclass(frozen=True)
class _Claimed:
    """A row that is ours until `lease_until`; parked ones have none. `was` is when it was due."""

    pk: int
    attempts: int
    lease_until: datetime | None
    was: datetime


def _round(kind: DeadlineKind, *, now: datetime, stop: float, handled: dict[str, int]) -> bool:
    """Handle one batch; whether the kind may have more. What the budget does not allow for is
    given back."""
    claimed = _claim(kind, now=now)
    ours = [row for row in claimed if row.lease_until is not None]
    done: list[tuple[_Claimed, datetime | None]] = []
    begun = monotonic()
    for number, row in enumerate(ours):
        if monotonic() >= stop:
            _give_back(kind, ours[number:])
            _done(kind, done)
            return False
        _handle(kind, row, done)
        handled[kind.name] += 1
        if monotonic() - begun >= MARKED_EVERY_S:
            _done(kind, done)
            done, begun = [], monotonic()
    _done(kind, done)
    return len(claimed) >= kind.batch or any(row.attempts > 1 for row in claimed)


@dataclass(frozen=True)
class Lag:
    """How far one kind is behind: rows that are due or were tried in vain, for how long the oldest
    has been at least, and rows that were parked, with the newest one's error."""

    name: str
    label: str
    due: int
    lag_s: int
    parked: int
    error: str


def deadline_lags(*, now: datetime) -> list[Lag]:
    """How far every kind is behind, by name; two small index reads for each, and one more for those
    that have parked rows."""
    return [_lag(kind, now=now) for kind in deadline_kinds()]


def _lag(kind: DeadlineKind, *, now: datetime) -> Lag:
    rows = kind.model._base_manager
    # Each claim pushed `due_at` by a lease, so a row that was claimed in vain looks early.
    since = ExpressionWrapper(
        F("due_at") - Value(kind.lease) * F("due_attempts"), output_field=DateTimeField()
    )
    behind = Q(due_at__lte=now) | Q(due_at__lte=now + kind.lease, due_attempts__gt=1)
    due = rows.filter(behind).aggregate(number=Count("pk"), oldest=Min(since))
    parked = rows.filter(due_parked_at__isnull=False).order_by("-due_parked_at")
    newest = parked.first()
    return Lag(
        name=kind.name,
        label=str(kind.model._meta.verbose_name),
        due=due["number"],
        lag_s=int((now - due["oldest"]).total_seconds()) if due["oldest"] else 0,
        parked=parked.count() if newest else 0,
        error=newest.due_error if newest else "",
    )


def deadlines_again(*, name: str, now: datetime) -> int:
    """Give a kind's parked rows another ten attempts; how many there were. Raises KeyError."""
    rows = _kinds[name].model._base_manager.filter(due_parked_at__isnull=False)
    return rows.update(due_at=now, due_attempts=0, due_parked_at=None)


def _claim(kind: DeadlineKind, *, now: datetime) -> list[_Claimed]:
    """Push a batch's `due_at` by the lease, and park what has used up its attempts.

    A row that was tried before may have killed its worker, and all that were claimed with it then
    had an attempt for nothing: one such row is claimed at a time, and handled last.
    """
    table = connection.ops.quote_name(kind.model._meta.db_table)
    # Materialized: a plan that looked for the batch once for each row would claim more than one.
    sql = f"""
        WITH due AS MATERIALIZED (
            SELECT id, due_at, due_attempts >= %(max)s AS is_over FROM {table}
            WHERE due_at <= %(now)s AND (due_attempts = 0 OR id = (
                SELECT id FROM {table} WHERE due_at <= %(now)s AND due_attempts > 0
                ORDER BY due_at LIMIT 1))
            ORDER BY due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
        )
        UPDATE {table} AS ours SET
            due_at = CASE WHEN due.is_over THEN NULL ELSE %(lease_until)s END,
            due_parked_at = CASE WHEN due.is_over THEN %(now)s ELSE ours.due_parked_at END,
            due_error = CASE WHEN due.is_over AND ours.due_error = '' THEN %(died)s
                             ELSE ours.due_error END,
            due_attempts = CASE WHEN due.is_over THEN ours.due_attempts
                                ELSE ours.due_attempts + 1 END
        FROM due
        WHERE ours.id = due.id
        RETURNING ours.id, ours.due_attempts, ours.due_at, due.due_at
    """
    values: dict[str, datetime | int | str] = {
        "now": now,
        "lease_until": now + kind.lease,
        "max": MAX_ATTEMPTS,
        "batch": kind.batch,
        "died": DIED,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        claimed = [_Claimed(*row) for row in cursor.fetchall()]
    for row in claimed:
        if row.lease_until is None:
            log.error("deadline %s of row %s is parked: %s", kind.name, row.pk, DIED)
    return sorted(claimed, key=lambda row: (row.attempts, row.pk))


def _give_back(kind: DeadlineKind, claimed: list[_Claimed]) -> None:
    """Rows that nobody came to, as they were."""
    table = connection.ops.quote_name(kind.model._meta.db_table)
    sql = f"""
        UPDATE {table} AS ours SET due_at = claimed.was, due_attempts = ours.due_attempts - 1
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])
            AS claimed(id, lease_until, was)
        WHERE ours.id = claimed.id AND ours.due_at = claimed.lease_until AND ours.due_attempts > 0
    """
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [
                [row.pk for row in claimed],
                [row.lease_until for row in claimed],
                [row.was for row in claimed],
            ],
        )


def _handle(
    kind: DeadlineKind, claimed: _Claimed, done: list[tuple[_Claimed, datetime | None]]
) -> None:
    """Try one row; in `done` with what its handler asked for, unless it failed."""
    try:
        done.append((claimed, kind.handler(claimed.pk, now=clock.now())))
    except Exception as error:
        log.exception("deadline %s of row %s failed", kind.name, claimed.pk)
        message = f"{type(error).__name__}: {error}"[:2000]
        # Whoever took the row over after our lease has counted an attempt more.
        leased = kind.model._base_manager.filter(
            pk=claimed.pk, due_attempts=claimed.attempts, due_at=claimed.lease_until
        )
        changes: dict[str, Any] = {"due_error": message}
        if claimed.attempts >= MAX_ATTEMPTS:
            changes |= {"due_at": None, "due_parked_at": clock.now()}
        try:
            leased.update(**changes)
        except DatabaseError:
            # Perhaps the very row is held: the attempt is counted, and the lease brings it back.
            log.exception("the failure of %s of row %s was not recorded", kind.name, claimed.pk)


def _done(kind: DeadlineKind, done: list[tuple[_Claimed, datetime | None]]) -> None:
    """Mark rows that were handled; one that somebody holds for too long comes back after its lease."""
    if not done:
        return
    try:
        _mark(kind, done)
    except OperationalError as error:
        if not is_busy(error):
            raise
        log.warning("some rows of %s are held and were not marked: %s", kind.name, error)
        _mark(kind, done, passing=" SKIP LOCKED")


def _mark(
    kind: DeadlineKind, done: list[tuple[_Claimed, datetime | None]], *, passing: str = ""
) -> None:
    """Rows that were handled by whoever counted their newest attempt; a `due_at` that the handler set
    itself stands. Locked in the sequence of their ids, as whoever locks several does."""
    table = connection.ops.quote_name(kind.model._meta.db_table)
    sql = f"""
        UPDATE {table} AS ours SET
            due_at = CASE WHEN ours.due_at = done.lease_until THEN done.next_due ELSE ours.due_at END,
            due_attempts = 0, due_error = ''
        FROM (
            SELECT row.id, told.lease_until, told.next_due FROM {table} AS row
            JOIN unnest(%s::bigint[], %s::smallint[], %s::timestamptz[], %s::timestamptz[])
                AS told(id, attempts, lease_until, next_due)
                ON told.id = row.id AND told.attempts = row.due_attempts
            ORDER BY row.id FOR NO KEY UPDATE OF row{passing}
        ) AS done
        WHERE ours.id = done.id
    """
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [
                [row.pk for row, _ in done],
                [row.attempts for row, _ in done],
                [row.lease_until for row, _ in done],
                [next_due for _, next_due in done],
            ],
        )
