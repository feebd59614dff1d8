"""Who brought whom, as one statement: a tree that PostgreSQL keeps, however many people are in it.
What comes back is its levels and as much as a picture shows."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from orders.queries import KEPT_ORDERS

# Whoever opened a share in the time, or bought in it by one, is below the sharer of the first that
# they opened (`edges`). Where that would lead back to themselves they began it: of such a circle the
# opening that came last brings nobody, and `climb` finds it by going up what was opened before it.
_TREE = f"""
WITH RECURSIVE pages AS (
    SELECT link.id, link.sharer_id, CASE WHEN link.target_ref = ANY(%(goods)s::text[])
        THEN %(until)s::timestamptz ELSE 'infinity' END AS until
    FROM sharing_sharelink link
    WHERE link.store_id = %(store)s
        AND (%(all)s OR link.target_ref = ANY(%(own)s::text[] || %(goods)s::text[]))
), brought AS (
    SELECT kept.buyer_id, pages.id AS link_id, pages.sharer_id
    FROM ({KEPT_ORDERS}) kept
    JOIN sharing_attribution attribution ON attribution.order_id = kept.id
    JOIN pages ON pages.id = attribution.link_id AND kept.placed_at <= pages.until
), opened AS (
    SELECT visit.id, visit.first_at, visit.visitor_id, visit.guest, pages.sharer_id
    FROM sharing_visit visit JOIN pages ON pages.id = visit.link_id
    WHERE visit.store_id = %(store)s AND visit.last_at >= %(since)s
        AND (visit.last_at <= pages.until OR visit.first_at BETWEEN %(since)s AND pages.until)
    UNION ALL
    SELECT visit.id, visit.first_at, visit.visitor_id, visit.guest, brought.sharer_id
    FROM brought JOIN sharing_visit visit
        ON visit.link_id = brought.link_id AND visit.visitor_id = brought.buyer_id
), firsts AS (
    SELECT DISTINCT ON (visitor_id) visitor_id AS person_id, sharer_id, first_at, id
    FROM opened WHERE visitor_id <> sharer_id ORDER BY visitor_id, first_at, id
), climb (person_id, above_id, first_at, id) AS (
    SELECT person_id, sharer_id, first_at, id FROM firsts
    WHERE EXISTS (
        SELECT FROM firsts below WHERE below.sharer_id = firsts.person_id
            AND (below.first_at, below.id) < (firsts.first_at, firsts.id)
    )
    UNION
    SELECT climb.person_id, above.sharer_id, climb.first_at, climb.id
    FROM climb JOIN firsts above ON above.person_id = climb.above_id
        AND (above.first_at, above.id) < (climb.first_at, climb.id)
    WHERE climb.above_id <> climb.person_id
), edges AS (
    SELECT person_id, sharer_id FROM firsts WHERE NOT EXISTS (
        SELECT FROM climb
        WHERE climb.person_id = firsts.person_id AND climb.above_id = firsts.person_id
    )
), guests AS (
    SELECT sharer_id, count(*) AS people FROM (
        SELECT DISTINCT ON (guest) guest, sharer_id
        FROM opened WHERE visitor_id IS NULL ORDER BY guest, first_at, id
    ) came GROUP BY sharer_id
), sharers AS (
    SELECT sharer_id AS person_id, sum(people) AS brought FROM (
        SELECT sharer_id, count(*) AS people FROM edges GROUP BY sharer_id
        UNION ALL SELECT sharer_id, people FROM guests
    ) came GROUP BY sharer_id
), tree (person_id, parent_id, level) AS (
    SELECT person_id, NULL::bigint, 0 FROM sharers
    WHERE NOT EXISTS (SELECT FROM edges WHERE edges.person_id = sharers.person_id)
    UNION ALL
    SELECT edges.person_id, edges.sharer_id, tree.level + 1
    FROM tree JOIN edges ON edges.sharer_id = tree.person_id
), levels AS (
    SELECT level, sum(people)::bigint AS people, sum(orders)::bigint AS orders FROM (
        SELECT level, count(*) AS people, 0 AS orders FROM tree GROUP BY level
        UNION ALL
        SELECT tree.level + 1, guests.people, 0
        FROM guests JOIN tree ON tree.person_id = guests.sharer_id
        UNION ALL
        SELECT tree.level, 0, count(*)
        FROM brought JOIN tree ON tree.person_id = brought.buyer_id GROUP BY tree.level
    ) counted GROUP BY level
), most AS (
    SELECT tree.* FROM tree JOIN sharers ON sharers.person_id = tree.person_id
    ORDER BY sharers.brought DESC, tree.level, tree.person_id LIMIT %(most)s
), ways AS (
    SELECT * FROM most
    UNION SELECT tree.* FROM ways JOIN tree ON tree.person_id = ways.parent_id
)
SELECT (SELECT count(*) FROM sharers),
    (SELECT json_agg(json_build_array(level, people, orders) ORDER BY level)::text FROM levels),
    (
        SELECT json_agg(
            json_build_array(ways.person_id, ways.parent_id, ways.level, sharers.brought)
            ORDER BY sharers.brought DESC, ways.level, ways.person_id
        )::text FROM ways JOIN sharers ON sharers.person_id = ways.person_id
    )
"""


@dataclass(frozen=True)
class Pages:
    """Pages by reference: `own` ones, and those of `goods`, which lead to whatever the goods are offered
    in and so count up to `until` alone (None: to this day)."""

    own: Collection[str]
    goods: Collection[str] = ()
    until: datetime | None = None


@dataclass(frozen=True)
class Sharer:
    """Somebody who brought others: by whom they came, how many steps from those who began."""

    person_id: int
    parent_id: int | None
    level: int
    brought: int


@dataclass(frozen=True)
class Tree:
    """`levels` are (number, people, paid orders) from those who began on; `most` are those who brought
    most, the most first, and among them everybody on the way there."""

    sharers: int
    levels: tuple[tuple[int, int, int], ...]
    most: tuple[Sharer, ...]


def tree_read(
    store_id: int, *, pages: Pages | None, since: datetime, now: datetime, most: int
) -> Tree:
    """How the store's pages (all, or these) went from person to person, in one query of one row.

    Of openings of one link by one person the first and the last are known: they count where one of
    these falls in the time. Guests bring nobody.
    """
    values: dict[str, Any] = {
        "store": store_id,
        "all": pages is None,
        "own": [] if pages is None else list(pages.own),
        "goods": [] if pages is None else list(pages.goods),
        "until": "infinity" if pages is None else pages.until or "infinity",
        "since": since,
        "now": now,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TREE, values)
        row = cursor.fetchone()
    sharers, levels, ways = row or (0, None, None)
    return Tree(
        sharers=sharers,
        levels=tuple(
            (number, people, orders) for number, people, orders in json.loads(levels or "[]")
        ),
        most=tuple(Sharer(*one) for one in json.loads(ways or "[]")),
    )
