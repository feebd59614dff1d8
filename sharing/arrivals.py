"""Who came to a store without a share: by the shop's own search, or by themselves.

Counted beside shares, and never instead of one.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from core.prepared import Prepared
from sharing.models import Arrival
from sharing.windows import DAYS_AT

# One coming, however many of our pages it takes.
AWHILE = timedelta(hours=1)
# Whether an `arrival` counts for an order placed `{at}`: by the last time before it that is known,
# which is the last one or else the first.
IN_WINDOW = f"""
    CASE WHEN arrival.last_at <= {{at}} THEN arrival.last_at
        WHEN arrival.first_at <= {{at}} THEN arrival.first_at END
    > {{at}} - interval '1 day' * {DAYS_AT}
"""
_TABLE = Arrival._meta.db_table
_SEEN = """
    first_at = LEAST(seen.first_at, EXCLUDED.first_at),
    last_at = GREATEST(seen.last_at, EXCLUDED.last_at)
"""
_AT = "%(at)s::timestamptz"
_SEARCHED = f"""EXISTS (
    SELECT FROM {_TABLE} arrival WHERE {{theirs}} AND store_id = %(store)s
        AND source = '{Arrival.Source.SEARCH.value}' AND {IN_WINDOW.format(at=_AT)})"""
# As orders are judged (`sharing/services.py`); nobody's visits are through a link of their own. Whom a
# circle led here is among its link's people already.
_SHARED = f"""EXISTS (
    SELECT FROM sharing_visit WHERE {{theirs}} AND store_id = %(store)s
        AND last_at > {_AT} - interval '1 day' * {DAYS_AT.format(at=_AT)})"""
# Subtracted, so that nobody looks for them among all who came to the store within the hour.
_LATELY = f"""EXISTS (
    SELECT FROM {_TABLE} WHERE {{theirs}} AND store_id = %(store)s
        AND source = %(source)s AND {_AT} - last_at < %(awhile)s::interval)"""
_BROUGHT = "EXISTS (SELECT FROM sharing_attribution WHERE order_id = %(order)s)"


class _Who(NamedTuple):
    """How a person, or a guest's cookie, is written down and found again."""

    visitor: str
    guest: str
    theirs: str
    key: str


_PERSON = _Who(
    "%(who)s::bigint",
    "''",
    "visitor_id = %(who)s::bigint",
    "(store_id, visitor_id, source) WHERE visitor_id IS NOT NULL",
)
_GUEST = _Who(
    "NULL",
    "%(who)s::varchar",
    "guest = %(who)s::varchar AND visitor_id IS NULL",
    "(guest, store_id, source) WHERE visitor_id IS NULL",
)


def _arrives(name: str, who: _Who, *unless: str) -> Prepared:
    refused = " OR ".join(unless).replace("{theirs}", who.theirs) or "FALSE"
    return Prepared(
        f"sharing_arrival_{name}",
        f"""
        INSERT INTO {_TABLE} AS seen (store_id, visitor_id, guest, source, first_at, last_at)
        SELECT %(store)s::bigint, {who.visitor}, {who.guest}, %(source)s::varchar, {_AT}, {_AT}
        WHERE NOT ({refused})
        ON CONFLICT {who.key} DO UPDATE SET {_SEEN}
        """,
    )


_RECORD = _arrives("person", _PERSON), _arrives("guest", _GUEST)
# Lately first: a walk through a store's pages ends there, and locks and writes nothing.
_ALONE = (
    _arrives("person_alone", _PERSON, _LATELY, _SHARED, _SEARCHED),
    _arrives("guest_alone", _GUEST, _LATELY, _SHARED, _SEARCHED),
)
_BUYER = _arrives("buyer", _PERSON, _BROUGHT, _SEARCHED)


def arrival_record(
    *, source: str, store_id: int, visitor_id: int | None, guest: str, now: datetime
) -> None:
    """Somebody, or a guest's cookie, came to the store. Safe to race."""
    person, stranger = _RECORD
    values = {"source": source, "store": store_id, "who": visitor_id or guest, "at": now}
    (person if visitor_id else stranger).count(values)


def arrival_record_alone(
    *, store_id: int, visitor_id: int | None, guest: str, now: datetime
) -> bool:
    """Somebody opened a page of the store by themselves; False when that is no coming of theirs.

    It is one if an order placed now would be nobody's: no share and no search of theirs is within
    the store's window. The pages of AWHILE are one coming. One statement, safe to race.
    """
    person, stranger = _ALONE
    values = {
        "source": Arrival.Source.DIRECT.value,
        "store": store_id,
        "who": visitor_id or guest,
        "at": now,
        "awhile": AWHILE,
    }
    return (person if visitor_id else stranger).count(values) > 0


def arrival_record_buyer(
    *, order_id: int, store_id: int, buyer_id: int, placed_at: datetime
) -> bool:
    """Whoever orders has come, also without a script that would have told: by themselves, unless a
    share brought the order, or a search was within the window; False then. Safe to run twice."""
    values = {
        "source": Arrival.Source.DIRECT.value,
        "store": store_id,
        "who": buyer_id,
        "at": placed_at,
        "order": order_id,
    }
    return _BUYER.count(values) > 0


def arrivals_adopt(*, guest: str, visitor_id: int) -> int:
    """A guest signed in: how the cookie had come to stores becomes the person's; how many rows."""
    return _adopted("guest = %s AND visitor_id IS NULL", guest, visitor_id) if guest else 0


def arrivals_fold(*, folded_id: int, person_id: int) -> int:
    """Two accounts of one person became one: how the folded one had come to stores."""
    return _adopted("visitor_id = %s", folded_id, person_id)


def _adopted(whose: str, key: str | int, visitor_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH adopted AS (
                DELETE FROM {_TABLE} WHERE {whose}
                RETURNING store_id, source, first_at, last_at
            )
            INSERT INTO {_TABLE} AS seen (store_id, visitor_id, guest, source, first_at, last_at)
            SELECT store_id, %s, '', source, first_at, last_at FROM adopted
            ORDER BY store_id, source
            ON CONFLICT {_PERSON.key} DO UPDATE SET {_SEEN}
            """,
            [key, visitor_id],
        )
        return cursor.rowcount
