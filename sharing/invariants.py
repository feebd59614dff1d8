"""What must always be true of visits and attributions."""

from datetime import datetime

from core.invariants import Broken, invariant, rows
from sharing.ties import untraced
from sharing.windows import RULE_PATTERN


@invariant(
    "sharing.visits", because="a visit is a person's or a guest's, and never through one's own link"
)
def visits(now: datetime) -> Broken:
    for pk, token, visitor, guest in rows(
        """
        SELECT visit.id, link.token, visit.visitor_id, visit.guest
        FROM sharing_visit visit JOIN sharing_sharelink link ON link.id = visit.link_id
        WHERE (visit.visitor_id IS NULL) = (visit.guest = '')
            OR visit.visitor_id = link.sharer_id
            OR visit.store_id <> link.store_id
            OR visit.first_at > visit.last_at
        """
    ):
        yield f"visit {pk}", f"link {token}, visitor {visitor}, guest {guest!r}"


@invariant(
    "sharing.attributions",
    because="an order is brought by a link of its store, whose sharer is not its buyer",
)
def attributions(now: datetime) -> Broken:
    for ref, token, sharer, buyer in rows(
        """
        SELECT o.public_id, link.token, a.sharer_id, o.buyer_id
        FROM sharing_attribution a
        JOIN sharing_sharelink link ON link.id = a.link_id
        JOIN orders_order o ON o.id = a.order_id
        WHERE a.sharer_id <> link.sharer_id OR a.sharer_id = o.buyer_id
            OR a.store_id <> o.store_id OR link.store_id <> o.store_id
        """
    ):
        yield f"order {ref}", f"link {token}, brought by {sharer}, bought by {buyer}"


@invariant(
    "sharing.chains",
    because="an attribution names the last touch of its chain, and that one is within its rule's window",
)
def chains(now: datetime) -> Broken:
    for ref, token, last, placed_at in rows(
        """
        SELECT o.public_id, link.token, a.chain -> -1, o.placed_at
        FROM sharing_attribution a
        JOIN sharing_sharelink link ON link.id = a.link_id
        JOIN orders_order o ON o.id = a.order_id
        WHERE a.rule ~ %(rule)s AND COALESCE(
            a.chain -> -1 ->> 'link' <> link.token
            OR (a.chain -> -1 ->> 'last_at')::timestamptz > o.placed_at
            OR (a.chain -> -1 ->> 'last_at')::timestamptz <= o.placed_at
                - make_interval(days => substring(a.rule FROM %(rule)s)::int),
            TRUE
        )
        """,
        rule=RULE_PATTERN,
    ):
        yield f"order {ref}", f"link {token}, placed {placed_at.isoformat()}, last touch {last}"


@invariant(
    "sharing.ties", because="a tie by a share has a visit behind it: ties come from acts only"
)
def ties(now: datetime) -> Broken:
    for low, high in untraced():
        yield f"people {low} and {high}", "tied by a share that neither of them opened"
