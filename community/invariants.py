"""What must always be true of group codes and of codes on the counter."""

from datetime import datetime

from core.invariants import Broken, invariant, rows


@invariant(
    "community.codes",
    because="a group's code was shown to as many as it counts, and never to more than it holds",
)
def codes(now: datetime) -> Broken:
    for pk, shown, showings, capacity in rows(
        """
        SELECT c.id, c.shown, COALESCE(s.number, 0), c.capacity
        FROM community_groupcode c LEFT JOIN (
            SELECT code_id, count(*) AS number FROM community_codeshowing GROUP BY code_id
        ) s ON s.code_id = c.id
        WHERE c.shown <> COALESCE(s.number, 0) OR c.shown > c.capacity
        """
    ):
        yield f"group code {pk}", f"counts {shown}, was shown to {showings}, holds {capacity}"


@invariant(
    "community.counters",
    because="a code on the counter is a paper link of its person and store, to its own store's page",
)
def counters(now: datetime) -> Broken:
    for ref, token, sharer, person in rows(
        """
        SELECT c.public_id, l.token, l.sharer_id, c.person_id
        FROM community_countercode c
        JOIN sharing_sharelink l ON l.id = c.link_id
        LEFT JOIN catalog_product p ON p.id = c.product_id
        LEFT JOIN community_groupentry e ON e.id = c.entry_id
        WHERE l.sharer_id <> c.person_id OR l.store_id <> c.store_id OR l.channel <> 'paper'
            OR l.target_ref <> c.public_id OR p.store_id <> c.store_id OR e.store_id <> c.store_id
        """
    ):
        yield f"counter code {ref}", f"link {token} of {sharer}, printed for {person}"
