"""Use cases of sharing: a link, a visit, whom that ties, and which share brought an order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, When

from core.facts import facts_record
from sharing.events import OrderAttributed
from sharing.models import WINDOW_DAYS, Attribution, Channel, ShareLink, StaleTouch, Visit
from sharing.ties import FROM_VISITS, ties_fold, ties_make
from sharing.windows import rule_of, windows_of

__all__ = [
    "link_for",
    "order_attribute",
    "person_fold",
    "ties_make",
    "visit_record",
    "visited_since",
    "visits_adopt",
]

# How far back a touch is remembered that the rule does not count, for `sharing/replay.py`.
MEMORY = timedelta(days=max(WINDOW_DAYS))
CHAIN_MAX = 10


def link_for(
    *,
    sharer_id: int,
    store_id: int,
    target_kind: str,
    target_ref: str,
    path: str,
    channel: str,
    now: datetime,
) -> ShareLink:
    """The person's one link to this target in this channel. Safe to race: the first one made stays."""
    known = ShareLink.objects.filter(
        sharer_id=sharer_id,
        target_kind=target_kind,
        target_ref=target_ref,
        channel=channel,
        is_second=False,
    )
    if (link := known.first()) is not None:
        return link
    ShareLink.objects.bulk_create(
        [
            ShareLink(
                sharer_id=sharer_id,
                store_id=store_id,
                target_kind=target_kind,
                target_ref=target_ref,
                path=path,
                channel=channel,
                made_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    return known.get()


def visit_record(*, token: str, visitor_id: int | None, guest: str, now: datetime) -> bool:
    """Count a visit through a link, of a person or of a guest's cookie; False when nothing counts.

    Unknown links and the sharer's own visits do not count. A person's visit ties them to the sharer.
    Who walks on from a showcase to its goods goes on with the link that led there.
    """
    fields = ("id", "store_id", "sharer_id", "channel")
    link = ShareLink.objects.filter(token=token).values(*fields).first()
    if link is None or link["sharer_id"] == visitor_id or not (visitor_id or guest):
        return False
    if link["channel"] == Channel.SHOWCASE:
        link["id"] = _came_by(link, _who(visitor_id, guest), now=now) or link["id"]
    table = connection.ops.quote_name(Visit._meta.db_table)
    who = "(link_id, visitor_id) WHERE visitor_id IS NOT NULL"
    if visitor_id is None:
        who = "(link_id, guest) WHERE visitor_id IS NULL"
    visit = (
        f"INSERT INTO {table} AS visit "
        "(store_id, link_id, visitor_id, guest, first_at, last_at, count) "
        "VALUES (%s, %s, %s, %s, %s, %s, 1) "
        f"ON CONFLICT {who} DO UPDATE SET count = visit.count + 1, "
        "last_at = GREATEST(visit.last_at, EXCLUDED.last_at)"
    )
    values = [link["store_id"], link["id"], visitor_id, "" if visitor_id else guest, now, now]
    if visitor_id is not None:
        visited = "(SELECT visited.*, %s::bigint AS sharer_id FROM visited) came"
        visit = f"WITH visited AS ({visit} RETURNING *) {FROM_VISITS.format(visits=visited)}"
        values.append(link["sharer_id"])
    with connection.cursor() as cursor:
        cursor.execute(visit, values)
    return True


def visited_since(*, token: str, visitor_id: int | None, guest: str, since: datetime) -> bool:
    """Whether a person, or a guest's cookie, has come through that link since then, or through
    another of the same sharer's to the same store."""
    visits = Visit.objects.filter(
        _who(visitor_id, guest),
        link__sharer__share_links__token=token,
        link__sharer__share_links__store_id=F("store_id"),
        last_at__gt=since,
    )
    return visits.exists()


def _who(visitor_id: int | None, guest: str) -> Q:
    return Q(visitor_id=visitor_id) if visitor_id else Q(visitor=None, guest=guest)


def _came_by(link: dict[str, Any], theirs: Q, *, now: datetime) -> int | None:
    """The link of the same sharer in the same store that somebody opened last, within the window."""
    visits = Visit.objects.filter(
        theirs,
        store_id=link["store_id"],
        link__sharer_id=link["sharer_id"],
        last_at__gt=now - windows_of(link["store_id"]).at(now),
    ).exclude(link__channel=Channel.SHOWCASE)
    return visits.order_by("-last_at", "-pk").values_list("link_id", flat=True).first()


def visits_adopt(*, guest: str, visitor_id: int, now: datetime) -> int:
    """A guest signed in: the visits of the cookie become the person's; how many there were.

    Visits through the person's own links are dropped, those that the person made signed in through
    the same link are merged, and the sharers become ties. One statement, so that signing in twice at once counts once.
    """
    return (
        _visits_pour("visit.guest = %s AND visit.visitor_id IS NULL", guest, visitor_id)
        if guest
        else 0
    )


def person_fold(*, folded_id: int, person_id: int) -> None:
    """Two accounts of one person became one: links, visits and ties are that person's.

    Whoever the one brought to the other brought nobody. A second link to the same target in the
    same channel still counts: it is out there. Safe to run twice.
    """
    with transaction.atomic():
        mine = ShareLink.objects.filter(
            sharer_id=person_id,
            target_kind=OuterRef("target_kind"),
            target_ref=OuterRef("target_ref"),
            channel=OuterRef("channel"),
            is_second=False,
        )
        theirs = ShareLink.objects.filter(sharer_id=folded_id)
        theirs.filter(Exists(mine)).update(sharer_id=person_id, is_second=True)
        theirs.update(sharer_id=person_id)
        _visits_pour("visit.visitor_id = %s", folded_id, person_id)
        Visit.objects.filter(visitor_id=person_id, link__sharer_id=person_id).delete()
        ties_fold(folded_id=folded_id, person_id=person_id)


def _visits_pour(whose: str, key: str | int, visitor_id: int) -> int:
    visits = connection.ops.quote_name(Visit._meta.db_table)
    links = connection.ops.quote_name(ShareLink._meta.db_table)
    came = "(SELECT first_at, last_at, sharer_id, %s::bigint AS visitor_id FROM adopted) came"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH adopted AS (
                DELETE FROM {visits} visit USING {links} link
                WHERE {whose} AND link.id = visit.link_id
                RETURNING visit.*, link.sharer_id
            ), tied AS ({FROM_VISITS.format(visits=came)})
            INSERT INTO {visits} AS visit
                (store_id, link_id, visitor_id, guest, first_at, last_at, count)
            SELECT store_id, link_id, %s, '', first_at, last_at, count FROM adopted
            WHERE sharer_id <> %s ORDER BY link_id
            ON CONFLICT (link_id, visitor_id) WHERE visitor_id IS NOT NULL DO UPDATE SET
                count = visit.count + EXCLUDED.count,
                first_at = LEAST(visit.first_at, EXCLUDED.first_at),
                last_at = GREATEST(visit.last_at, EXCLUDED.last_at)
            """,
            [key, visitor_id, visitor_id, visitor_id],
        )
        return cursor.rowcount


def order_attribute(
    *, order_id: int, store_id: int, buyer_id: int, placed_at: datetime, now: datetime
) -> bool:
    """Write which share brought the order: the buyer's last touch in the store within the window
    that the store had then.

    Visits of the buyer's own links and circles do not count. False when nothing is left, or it was
    written before; a last touch that is older than the window is remembered as such. The chain
    keeps the last touches, oldest first, as they were at `placed_at`.
    """
    if Attribution.objects.filter(order_id=order_id).exists():
        return False
    known = _touches(store_id=store_id, buyer_id=buyer_id, placed_at=placed_at, window=MEMORY)
    days = windows_of(store_id).days_at(placed_at)
    touches = [one for one in known if one.touched_at > placed_at - timedelta(days=days)]
    if not touches:
        stale = [
            StaleTouch(
                store_id=store_id, order_id=order_id, link=one.link, touched_at=one.touched_at
            )
            for one in known[:1]
        ]
        StaleTouch.objects.bulk_create(stale, ignore_conflicts=True)
        return False
    last = touches[0].link
    chain = [
        {
            "link": touch.link.token,
            "sharer": touch.link.sharer_id,
            "channel": touch.link.channel,
            "first_at": touch.first_at.isoformat(),
            "last_at": touch.touched_at.isoformat(),
        }
        for touch in reversed(touches)
    ]
    try:
        with transaction.atomic():
            Attribution.objects.create(
                store_id=store_id,
                order_id=order_id,
                link=last,
                sharer_id=last.sharer_id,
                chain=chain,
                rule=rule_of(days),
                attributed_at=now,
            )
            facts_record(
                OrderAttributed(order_id=order_id, store_id=store_id, sharer_id=last.sharer_id),
                now=now,
            )
    except IntegrityError:
        return False  # somebody else was faster
    return True


def _touches(*, store_id: int, buyer_id: int, placed_at: datetime, window: timedelta) -> list[Any]:
    """Up to CHAIN_MAX visits that count, the last one first, each with its `touched_at`.

    A visit that was repeated after the order counts as of its first time: when it was repeated
    before the order is not known any more, and the fact may have been late.
    """
    touched = Case(When(last_at__lte=placed_at, then=F("last_at")), default=F("first_at"))
    visits = list(
        Visit.objects.select_related("link")
        .filter(
            visitor_id=buyer_id,
            store_id=store_id,
            last_at__gt=placed_at - window,
            first_at__lte=placed_at,
        )
        .exclude(link__sharer_id=buyer_id)
        .annotate(touched_at=touched)
        .filter(touched_at__gt=placed_at - window)
        .order_by("-touched_at", "-pk")
    )
    circles = _circles(visits, buyer_id=buyer_id)
    return [visit for visit in visits if visit.pk not in circles][:CHAIN_MAX]


def _circles(visits: Sequence[Visit], *, buyer_id: int) -> set[int]:
    """Those of the buyer's visits whose sharer had come to the same page through the buyer before,
    straight or through others: whom one brought oneself brings one nowhere."""
    if not visits:
        return set()
    table = connection.ops.quote_name(Visit._meta.db_table)
    links = connection.ops.quote_name(ShareLink._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE came (visit_id, person_id, kind, ref, at) AS (
                SELECT visit.id, link.sharer_id, link.target_kind, link.target_ref, visit.first_at
                FROM {table} visit JOIN {links} link ON link.id = visit.link_id
                WHERE visit.id = ANY(%s)
                UNION
                SELECT came.visit_id, link.sharer_id, came.kind, came.ref, visit.first_at
                FROM came
                JOIN {table} visit ON visit.visitor_id = came.person_id AND visit.first_at < came.at
                JOIN {links} link ON link.id = visit.link_id
                    AND link.target_kind = came.kind AND link.target_ref = came.ref
                WHERE came.person_id <> %s
            )
            SELECT DISTINCT visit_id FROM came WHERE person_id = %s
            """,
            [[visit.pk for visit in visits], buyer_id, buyer_id],
        )
        return {row[0] for row in cursor.fetchall()}
