"""What the same touches would say under another window. Everything is read; nothing is decided here.

Only the last touch before an order matters: a shorter window may lose it, a longer one may reach it,
and none finds anybody else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from orders.queries import KEPT_ORDERS
from sharing.models import WINDOW_DAYS

MAX_ORDERS = 500

_REPLAYED = f"""
    WITH newest AS (
        SELECT id, placed_at FROM ({KEPT_ORDERS}) kept ORDER BY placed_at DESC, id DESC LIMIT %(most)s
    ), touched AS (
        SELECT newest.placed_at, attribution.id IS NOT NULL AS is_credited, COALESCE(
            (attribution.chain -> -1 ->> 'last_at')::timestamptz, stale.touched_at
        ) AS at
        FROM newest
        LEFT JOIN sharing_attribution attribution ON attribution.order_id = newest.id
        LEFT JOIN sharing_staletouch stale ON stale.order_id = newest.id
    ), judged AS (
        SELECT days, is_credited,
            COALESCE(at > placed_at - interval '1 day' * days, false) AS is_reached
        FROM touched CROSS JOIN unnest(%(windows)s::int[]) days
    )
    SELECT days, count(*), count(*) FILTER (WHERE is_reached),
        count(*) FILTER (WHERE is_reached <> is_credited)
    FROM judged GROUP BY days
"""


@dataclass(frozen=True)
class WindowRow:
    """With a window of so many days, so many orders would have a sharer; `moved` of them another
    one than now."""

    days: int
    orders: int
    moved: int


@dataclass(frozen=True)
class Replay:
    """The windows of WINDOW_DAYS, and how many orders were looked at."""

    orders: int
    windows: tuple[WindowRow, ...]


def replay(store_id: int, *, since: datetime, now: datetime) -> Replay:
    """What the windows of WINDOW_DAYS would say about the MAX_ORDERS newest paid orders since then,
    in one query.

    Read from what was written when each order was placed: a visit that is repeated afterwards
    forgets when it was made before.
    """
    values: dict[str, Any] = {
        "store": store_id,
        "since": since,
        "now": now,
        "most": MAX_ORDERS,
        "windows": list(WINDOW_DAYS),
    }
    with connection.cursor() as cursor:
        cursor.execute(_REPLAYED, values)
        found = {days: figures for days, *figures in cursor.fetchall()}
    looked_at, rows = 0, []
    for days in WINDOW_DAYS:
        looked_at, reached, moved = found.get(days, (0, 0, 0))
        rows.append(WindowRow(days, reached, moved))
    return Replay(looked_at, tuple(rows))
