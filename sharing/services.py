"""Use cases of sharing: a link, a visit, and which share brought an order."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from sharing.models import Attribution, ShareLink, Visit

# The rule that attributions name, so that old rows stay explained when it changes.
RULE = "v1:last-touch:7d"
WINDOW = timedelta(days=7)
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
    return ShareLink.objects.get(
        sharer_id=sharer_id, target_kind=target_kind, target_ref=target_ref, channel=channel
    )


def visit_record(*, token: str, visitor_id: int | None, guest: str, now: datetime) -> bool:
    """Count a visit through a link, of a person or of a guest's cookie; False when nothing counts.

    Unknown links and the sharer's own visits do not count.
    """
    link = ShareLink.objects.filter(token=token).values("id", "store_id", "sharer_id").first()
    if link is None or link["sharer_id"] == visitor_id or not (visitor_id or guest):
        return False
    table = connection.ops.quote_name(Visit._meta.db_table)
    who = "(link_id, visitor_id) WHERE visitor_id IS NOT NULL"
    if visitor_id is None:
        who = "(link_id, guest) WHERE visitor_id IS NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS visit "
            "(store_id, link_id, visitor_id, guest, first_at, last_at, count) "
            "VALUES (%s, %s, %s, %s, %s, %s, 1) "
            f"ON CONFLICT {who} DO UPDATE SET count = visit.count + 1, "
            "last_at = GREATEST(visit.last_at, EXCLUDED.last_at)",
            [
                *(link["store_id"], link["id"], visitor_id),
                *("" if visitor_id else guest, now, now),
            ],
        )
    return True


def visits_adopt(*, guest: str, visitor_id: int, now: datetime) -> int:
    """A guest signed in: the visits of the cookie become the person's; how many there were.

    Visits through the person's own links are dropped, and those that the person made signed in
    through the same link are merged.
    """
    if not guest:
        return 0
    with transaction.atomic():
        waiting = list(
            Visit.objects.select_related("link").filter(guest=guest, visitor=None).order_by("pk")
        )
        for visit in waiting:
            known = Visit.objects.filter(link=visit.link, visitor_id=visitor_id).first()
            if visit.link.sharer_id == visitor_id:
                visit.delete()
            elif known is None:
                visit.visitor_id, visit.guest = visitor_id, ""
                visit.save(update_fields=["visitor", "guest"])
            else:
                known.count += visit.count
                known.first_at = min(known.first_at, visit.first_at)
                known.last_at = max(known.last_at, visit.last_at)
                known.save(update_fields=["count", "first_at", "last_at"])
                visit.delete()
    return len(waiting)


def order_attribute(
    *, order_id: int, store_id: int, buyer_id: int, placed_at: datetime, now: datetime
) -> bool:
    """Write which share brought the order: the buyer's last touch in the store within the window.

    False when there was none, or it was written before. The chain keeps every touch, oldest first.
    """
    touches = list(
        Visit.objects.select_related("link")
        .filter(
            visitor_id=buyer_id,
            store_id=store_id,
            last_at__gt=placed_at - WINDOW,
            first_at__lte=placed_at,
        )
        .exclude(link__sharer_id=buyer_id)
        .order_by("-last_at", "-pk")[:CHAIN_MAX]
    )
    if not touches:
        return False
    last = touches[0].link
    chain = [
        {
            "link": touch.link.token,
            "sharer": touch.link.sharer_id,
            "channel": touch.link.channel,
            "first_at": touch.first_at.isoformat(),
            "last_at": touch.last_at.isoformat(),
        }
        for touch in reversed(touches)
    ]
    with transaction.atomic():
        before = Attribution.objects.filter(order_id=order_id).exists()
        Attribution.objects.bulk_create(
            [
                Attribution(
                    store_id=store_id,
                    order_id=order_id,
                    link=last,
                    sharer_id=last.sharer_id,
                    chain=chain,
                    rule=RULE,
                    attributed_at=now,
                )
            ],
            ignore_conflicts=True,
        )
    return not before
