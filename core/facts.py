"""Facts go up: what happened, written by the transaction that made it happen.

A fact holds ids only. For each subscriber there is one Delivery, written by the same transaction
and delivered in a transaction of its own (`core/deliveries.py`), so a crash delays and never loses.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models, transaction

from core.prepared import Prepared


@dataclass(frozen=True, kw_only=True)
class Event:
    """The base of every fact. Subclasses live in an app's `events.py`:

        @dataclass(frozen=True, kw_only=True)
        class OrderPaid(Event):
            '''The order's money is there and the order keeps it.'''
            name: ClassVar[str] = "order.paid"
            order_id: int
            store_id: int

    The part of the name before the dot is the subject: `order_id` is the row's own id, and the
    other fields are read from the row's attributes of the same name.
    """

    name: ClassVar[str]
    registry: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            return  # a base that events of one app share
        if cls.name in Event.registry and Event.registry[cls.name].__module__ != cls.__module__:
            raise ValueError(f"two events are called {cls.name}")
        Event.registry[cls.name] = cls

    @classmethod
    def subject(cls) -> str:
        return cls.name.split(".", 1)[0]

    @classmethod
    def columns(cls) -> list[str]:
        """The row's columns that the fact is made of, its own id left out."""
        own = f"{cls.subject()}_id"
        return [field.name.removesuffix("_id") for field in fields(cls) if field.name != own]

    @classmethod
    def of(cls, row: Any) -> Self:
        """The fact of a row: its id as `<subject>_id`, everything else by name."""
        own = f"{cls.subject()}_id"
        return cls(
            **{f.name: row.pk if f.name == own else getattr(row, f.name) for f in fields(cls)}
        )

    @property
    def subject_id(self) -> int:
        return getattr(self, f"{self.subject()}_id")


@dataclass(frozen=True)
class Subscriber:
    """Who is told, and how.

    `handler(event, now=…)` runs inside the delivery's transaction, acts on present state, not on
    the order of arrival, and is safe to run twice. `name` is stored in each Delivery, so it must
    never change: `<app>.<function>`.
    """

    name: str
    event: type[Event]
    handler: Callable[..., None]
    inline: bool
    first: bool = False


_subscribers: dict[str, Subscriber] = {}


def subscribe(
    event: type[Event], *, inline: bool = False, first: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a subscriber in an app's `subscribers.py`.

    `inline` is for the short chain payment → order → seat alone: delivered right after commit by
    the same process, so that the payer's next page shows the result. The rest is a nudged queue, in
    which `first`, for what gives money back, goes before what only tells of it.
    """

    if inline and first:
        raise ValueError("what is delivered at once comes before everything")

    def register(handler: Callable[..., None]) -> Callable[..., None]:
        app = handler.__module__.rsplit(".", 1)[0].removeprefix("campaigns.")
        name = f"{app}.{handler.__name__}"
        if name in _subscribers and _subscribers[name].handler.__code__ != handler.__code__:
            raise ValueError(f"two subscribers are called {name}")
        _subscribers[name] = Subscriber(name, event, handler, inline, first)
        return handler

    return register


def subscriber_get(name: str) -> Subscriber:
    """The subscriber of that name. Raises KeyError when the code no longer has it."""
    return _subscribers[name]


def subscribers(event: type[Event] | None = None) -> list[Subscriber]:
    """All subscribers, or those of one event, by name."""
    found = [one for one in _subscribers.values() if event is None or one.event is event]
    return sorted(found, key=lambda subscriber: subscriber.name)


@dataclass(frozen=True)
class Happened:
    """A fact as a timeline reads it."""

    name: str
    subject_id: int
    at: datetime


def facts_of(subjects: Mapping[str, Iterable[int]], *, since: datetime) -> list[Happened]:
    """What happened to these rows, oldest first, in one query. `subjects` is {subject: its ids};
    `since` keeps it to few partitions: nothing older is looked for."""
    from core.models import Fact

    wanted = models.Q(pk__in=[])
    for subject, ids in subjects.items():
        wanted |= models.Q(subject=subject, subject_id__in=list(ids))
    rows = Fact.objects.filter(wanted, recorded_at__gte=since).order_by("recorded_at", "id")
    return [Happened(*row) for row in rows.values_list("name", "subject_id", "recorded_at")]


# Deliveries in the order of their facts: what happened first is told first.
_RECORD = Prepared(
    "core_facts_record",
    """
    WITH fact AS (
        INSERT INTO core_fact (name, subject, subject_id, store_id, payload, recorded_at)
        SELECT name, subject, subject_id, store_id, payload::jsonb, %(now)s
        FROM unnest(%(names)s::text[], %(subjects)s::text[], %(subject_ids)s::bigint[],
            %(store_ids)s::bigint[], %(payloads)s::text[]) WITH ORDINALITY
            AS told (name, subject, subject_id, store_id, payload, nth)
        ORDER BY nth
        RETURNING id, name, recorded_at
    )
    INSERT INTO core_delivery
        (fact_id, fact_at, name, subscriber, attempts, reruns, due_at, error)
    SELECT fact.id, fact.recorded_at, fact.name, wants.subscriber, 0, 0, %(due_at)s, ''
    FROM fact JOIN unnest(%(wanted)s::text[], %(subscribers)s::text[])
        AS wants (name, subscriber) ON wants.name = fact.name
    ORDER BY fact.id, wants.subscriber
    RETURNING id, subscriber
    """,
)


def facts_record(*events: Event, now: datetime) -> None:
    """Write facts and their deliveries in the caller's transaction, and nudge after its commit. One
    statement.

    Raises TransactionManagementError outside a transaction: a fact belongs to its change.
    """
    from core.deliveries import deliveries_nudge
    from core.models import GRACE

    if not events:
        return
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a fact is recorded inside a transaction only")
    wants = [(one.name, who.name) for one in {type(e) for e in events} for who in subscribers(one)]
    deliveries = _RECORD.rows(
        {
            "names": [event.name for event in events],
            "subjects": [event.subject() for event in events],
            "subject_ids": [event.subject_id for event in events],
            "store_ids": [getattr(event, "store_id", None) for event in events],
            "payloads": [json.dumps(asdict(event)) for event in events],
            "wanted": [name for name, _ in wants],
            "subscribers": [subscriber for _, subscriber in wants],
            "now": now,
            "due_at": now + GRACE,
        }
    )
    if deliveries:
        ids = sorted(deliveries)
        transaction.on_commit(lambda: deliveries_nudge(ids), robust=True)
