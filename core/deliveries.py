"""Deliver facts: inline, by a nudged queue, or by the sweep that finds what both missed."""

import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F

from core import clock
from core.away import NotAsked
from core.facts import Event, subscriber_get, subscribers
from core.models import Delivery
from core.nudges import nudge
from core.prepared import Prepared

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
SWEEP_BATCH = 500
# Facts stay for ever; who was told of them is of use while somebody may ask why something happened.
KEPT_FOR = timedelta(days=30)
FORGET_BATCH, FORGET_BATCHES = 5000, 40
# The fact's instant names its partition, so that one partition is read.
_OPEN = """
    SELECT delivery.subscriber, fact.name, fact.payload::text
    FROM core_delivery delivery
    LEFT JOIN core_fact fact ON fact.id = delivery.fact_id AND fact.recorded_at = delivery.fact_at
    WHERE delivery.id = %(pk)s AND delivery.delivered_at IS NULL AND delivery.parked_at IS NULL
"""
_CLAIM = Prepared("core_delivery_claim", _OPEN + " FOR UPDATE OF delivery SKIP LOCKED")
_DELIVERED = Prepared(
    "core_delivery_delivered",
    "UPDATE core_delivery SET delivered_at = %(now)s, error = '' WHERE id = %(pk)s",
)


def deliveries_nudge(ids: Iterable[tuple[int, str]]) -> None:
    """After commit: deliver the inline chain here and now, and nudge the queue for the rest.

    Never raises: what fails or cannot be nudged is left to the sweep.
    """
    first: list[int] = []
    others: list[int] = []
    for pk, name in ids:
        subscriber = subscriber_get(name)
        if subscriber.inline:
            delivery_attempt(pk, now=clock.now())
        else:
            (first if subscriber.first else others).append(pk)
    if first or others:
        try:
            nudge(others, first=first)
        except NotAsked:
            pass  # Whoever found the broker silent has said so.
        except Exception:
            number = len(first) + len(others)
            log.warning("the broker took no nudge for %d deliveries", number, exc_info=True)


def delivery_attempt(pk: int, *, now: datetime) -> bool:
    """Deliver one fact to one subscriber in a transaction of its own; True when it was delivered.

    The effect and the delivered mark commit together. Another process at the same delivery makes
    this one a no-op. A handler that raises costs an attempt, waits longer each time, and is parked
    after MAX_ATTEMPTS for a person to look at.
    """
    try:
        with transaction.atomic():
            claimed = _CLAIM.row({"pk": pk})
            if claimed is None:
                return False
            subscriber, name, payload = claimed
            if name is None:
                raise LookupError(f"the fact of delivery {pk} is gone")
            event = Event.registry[name](**json.loads(payload))
            subscriber_get(subscriber).handler(event, now=now)
            _DELIVERED.count({"pk": pk, "now": now})
        return True
    except Exception as error:
        log.exception("delivery %s failed", pk)
        _record_failure(pk, error, now=now)
        return False


def _record_failure(pk: int, error: Exception, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            delivery = (
                Delivery.objects.select_for_update(skip_locked=True)
                .filter(pk=pk, delivered_at=None, parked_at=None)
                .first()
            )
            if delivery is None:
                return
            delivery.attempts += 1
            delivery.error = f"{type(error).__name__}: {error}"[:2000]
            delivery.due_at = now + timedelta(seconds=min(2**delivery.attempts, 600))
            if delivery.attempts >= MAX_ATTEMPTS:
                delivery.parked_at = now
            delivery.save(update_fields=["attempts", "error", "due_at", "parked_at"])
    except DatabaseError:
        log.exception("the failure of delivery %s could not be recorded", pk)


def deliveries_sweep(*, now: datetime, limit: int = SWEEP_BATCH) -> int:
    """Deliver what is due, what comes first before the rest; the number delivered."""
    rows = Delivery.objects.filter(delivered_at=None, parked_at=None, due_at__lte=now)
    due = rows.order_by("due_at", "pk").values_list("pk", flat=True)
    names = [one.name for one in subscribers() if one.first]
    pks = list(due.filter(subscriber__in=names)[:limit])
    pks += due.exclude(subscriber__in=names)[: limit - len(pks)]
    return sum(delivery_attempt(pk, now=clock.now()) for pk in pks)


def deliveries_rerun(pks: Iterable[int], *, now: datetime) -> int:
    """Put parked deliveries back in the queue, from the admin; how many there were."""
    return Delivery.objects.filter(pk__in=list(pks), delivered_at=None).update(
        parked_at=None, attempts=0, due_at=now, reruns=F("reruns") + 1
    )


def deliveries_forget(*, now: datetime, batches: int = FORGET_BATCHES) -> int:
    """Delete what was delivered longer than KEPT_FOR ago, the oldest first; how many there were.

    What nobody took yet, or was parked, stays. Goes by the primary key, in whose sequence facts came,
    and stops at the first batch that is young enough: no index is kept for this alone.
    """
    until, last, gone = now - KEPT_FOR, 0, 0
    for _ in range(batches):
        ahead = Delivery.objects.filter(pk__gt=last).order_by("pk")
        batch = list(ahead.values_list("pk", "fact_at")[:FORGET_BATCH])
        if not batch:
            break
        old = Delivery.objects.filter(pk__gt=last, pk__lte=batch[-1][0], delivered_at__lt=until)
        gone += old.delete()[0]
        last, newest = batch[-1]
        if newest >= until:
            break
    return gone
