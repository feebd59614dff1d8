"""Ties: who has had to do with whom, from what people did here and never from address books."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from sharing.models import ShareLink, Tie, Visit

TIE = Tie._meta.db_table
# Both ends in one order, so that a tie is one row whoever comes first.
_ONCE = """
    ON CONFLICT (low_id, high_id, kind) DO UPDATE SET
        first_at = LEAST(tie.first_at, EXCLUDED.first_at),
        last_at = GREATEST(tie.last_at, EXCLUDED.last_at)
"""
_TOGETHER = f"""
    INSERT INTO {TIE} AS tie (low_id, high_id, kind, first_at, last_at)
    SELECT low.id, high.id, %s, %s, %s
    FROM unnest(%s::bigint[]) low (id) JOIN unnest(%s::bigint[]) high (id) ON low.id < high.id
    ORDER BY low.id, high.id {_ONCE}
"""
# For statements that have written visits as rows (sharer_id, visitor_id, first_at, last_at).
FROM_VISITS = f"""
    INSERT INTO {TIE} AS tie (low_id, high_id, kind, first_at, last_at)
    SELECT LEAST(sharer_id, visitor_id), GREATEST(sharer_id, visitor_id), 'share',
        min(first_at), max(last_at)
    FROM {{visits}} WHERE sharer_id <> visitor_id GROUP BY 1, 2 ORDER BY 1, 2 {_ONCE}
"""


def ties_make(*, people: Collection[int], kind: str, now: datetime) -> int:
    """Tie everybody with everybody, by user ids; how many ties there are between them.

    One statement, safe to run twice and to race: the pairs come in one order.
    """
    ids = sorted(set(people))
    if len(ids) < 2:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_TOGETHER, [kind, now, now, ids, ids])
        return cursor.rowcount


def ties_fold(*, folded_id: int, person_id: int) -> int:
    """Two accounts of one person became one: the ties of the folded one; how many there are now."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH folded AS (
                DELETE FROM {TIE} WHERE low_id = %(folded)s OR high_id = %(folded)s RETURNING *
            ), others AS (
                SELECT CASE low_id WHEN %(folded)s THEN high_id ELSE low_id END AS other_id,
                    kind, first_at, last_at
                FROM folded
            )
            INSERT INTO {TIE} AS tie (low_id, high_id, kind, first_at, last_at)
            SELECT LEAST(other_id, %(person)s), GREATEST(other_id, %(person)s),
                kind, first_at, last_at
            FROM others WHERE other_id <> %(person)s ORDER BY 1, 2 {_ONCE}
            """,
            {"folded": folded_id, "person": person_id},
        )
        return cursor.rowcount


def tied_to(user_id: int, *, limit: int = 500) -> tuple[int, ...]:
    """Whom the person has had to do with, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT other FROM (
                SELECT high_id AS other, last_at FROM {TIE} WHERE low_id = %s
                UNION ALL
                SELECT low_id, last_at FROM {TIE} WHERE high_id = %s
            ) tied GROUP BY other ORDER BY max(last_at) DESC, other LIMIT %s
            """,
            [user_id, user_id, limit],
        )
        return tuple(row[0] for row in cursor.fetchall())


def untraced() -> list[tuple[int, int]]:
    """Ties by a share that no visit stands behind, as pairs of user ids; for `audit`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT tie.low_id, tie.high_id FROM {TIE} tie
            WHERE tie.kind = 'share' AND NOT EXISTS (
                SELECT FROM {Visit._meta.db_table} visit
                JOIN {ShareLink._meta.db_table} link ON link.id = visit.link_id
                WHERE (link.sharer_id = tie.low_id AND visit.visitor_id = tie.high_id)
                    OR (link.sharer_id = tie.high_id AND visit.visitor_id = tie.low_id)
            ) LIMIT 1000
            """
        )
        return cursor.fetchall()
