"""Who came by the shop's own search: counted beside shares, and never instead of one."""

from datetime import datetime

from django.db import connection

from sharing.models import SearchArrival

_TABLE = SearchArrival._meta.db_table
_SEEN = """
    first_at = LEAST(seen.first_at, EXCLUDED.first_at),
    last_at = GREATEST(seen.last_at, EXCLUDED.last_at)
"""


def search_record(*, store_id: int, visitor_id: int | None, guest: str, now: datetime) -> None:
    """Somebody, or a guest's cookie, came to the store's goods from the search. Safe to race."""
    who = "(store_id, visitor_id) WHERE visitor_id IS NOT NULL"
    if visitor_id is None:
        who = "(guest, store_id) WHERE visitor_id IS NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_TABLE} AS seen (store_id, visitor_id, guest, first_at, last_at) "
            f"VALUES (%s, %s, %s, %s, %s) ON CONFLICT {who} DO UPDATE SET {_SEEN}",
            [store_id, visitor_id, "" if visitor_id else guest, now, now],
        )


def searches_adopt(*, guest: str, visitor_id: int) -> int:
    """A guest signed in: what the cookie had searched becomes the person's; how many stores."""
    return _adopted("guest = %s AND visitor_id IS NULL", guest, visitor_id) if guest else 0


def searches_fold(*, folded_id: int, person_id: int) -> int:
    """Two accounts of one person became one: what the folded one had searched."""
    return _adopted("visitor_id = %s", folded_id, person_id)


def _adopted(whose: str, key: str | int, visitor_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH adopted AS (
                DELETE FROM {_TABLE} WHERE {whose}
                RETURNING store_id, first_at, last_at
            )
            INSERT INTO {_TABLE} AS seen (store_id, visitor_id, guest, first_at, last_at)
            SELECT store_id, %s, '', first_at, last_at FROM adopted ORDER BY store_id
            ON CONFLICT (store_id, visitor_id) WHERE visitor_id IS NOT NULL DO UPDATE SET {_SEEN}
            """,
            [key, visitor_id],
        )
        return cursor.rowcount
