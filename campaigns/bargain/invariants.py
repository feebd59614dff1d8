"""What must always be true of bargains, their helps and their campaigns."""

from datetime import datetime, timedelta

from campaigns.bargain.models import Bargain
from campaigns.bargain.queries import bargain_faults
from core.invariants import DELIVERY, Broken, invariant, rows

# The tick comes every second; a worker may be away for a while.
LATE = timedelta(minutes=5)
# Decrypting and drawing again costs a millisecond each: what changed lately is looked at, and as many
# others by chance. `manage.py bargain_verify --all` looks at every one.
FAIR_LATELY, FAIR_LIMIT = timedelta(hours=1), 500


@invariant(
    "bargain.helps",
    because="a bargain's counters are its helps: the price is cut by their sum, one cut each, never "
    "below the floor and never more of them than it needs",
)
def helps(now: datetime) -> Broken:
    for ref, counted, cut_fen, given, given_fen in rows(
        """
        SELECT b.public_id, b.helps, b.cut_fen, COALESCE(h.given, 0), COALESCE(h.fen, 0)
        FROM bargain_bargain b LEFT JOIN (
            SELECT bargain_id, count(*) AS given, sum(cut_fen) AS fen, max(number) AS last,
                count(*) FILTER (WHERE "row" = 'newcomer') AS newcomers
            FROM bargain_help GROUP BY bargain_id
        ) h ON h.bargain_id = b.id
        WHERE b.helps <> COALESCE(h.given, 0) OR b.cut_fen <> COALESCE(h.fen, 0)
            OR b.newcomer_taken <> COALESCE(h.newcomers, 0) OR b.helps <> COALESCE(h.last, 0)
            OR b.helps > b.helpers OR b.list_fen - b.cut_fen < b.floor_fen
        """
    ):
        yield (
            f"bargain {ref}",
            f"{counted} helps cut {cut_fen} fen, has {given} that cut {given_fen}",
        )


@invariant("bargain.prices", because="every help says what the price was after it")
def prices(now: datetime) -> Broken:
    for ref, number, after_fen, should_fen in rows(
        """
        SELECT * FROM (
            SELECT b.public_id, h.number, h.price_after_fen AS after_fen, b.list_fen
                - sum(h.cut_fen) OVER (PARTITION BY b.id ORDER BY h.number) AS should_fen
            FROM bargain_help h JOIN bargain_bargain b ON b.id = h.bargain_id
        ) told WHERE after_fen <> should_fen
        """
    ):
        yield f"bargain {ref}", f"help {number} says {after_fen} fen, it is {should_fen}"


@invariant("bargain.own", because="nobody helps their own bargain")
def own(now: datetime) -> Broken:
    for (ref,) in rows(
        """
        SELECT b.public_id FROM bargain_bargain b JOIN bargain_help h
            ON h.bargain_id = b.id AND h.user_id = b.launcher_id
        """
    ):
        yield f"bargain {ref}", "its launcher helped"


@invariant("bargain.days", because="what counts against a person's day are the helps of that day")
def days(now: datetime) -> Broken:
    for ref, user, day, counted, given in rows(
        """
        SELECT c.public_id, d.user_id, d.day, d.helps, COALESCE(h.given, 0)
        FROM bargain_helperday d JOIN bargain_bargaincampaign c ON c.id = d.campaign_id
        LEFT JOIN LATERAL (
            SELECT count(*) AS given FROM bargain_help h
            JOIN bargain_bargain b ON b.id = h.bargain_id
            WHERE h.user_id = d.user_id AND b.campaign_id = d.campaign_id
                AND (h.helped_at AT TIME ZONE 'Asia/Shanghai')::date = d.day
        ) h ON TRUE
        WHERE d.helps <> COALESCE(h.given, 0)
        """
    ):
        yield f"campaign {ref}", f"person {user} on {day}: {counted} counted, {given} given"


@invariant("bargain.quota", because="a campaign's used quota is its live and bought bargains")
def quota(now: datetime) -> Broken:
    for ref, used, taken in rows(
        """
        SELECT c.public_id, c.quota_used, COALESCE(b.pieces, 0)
        FROM bargain_bargaincampaign c LEFT JOIN (
            SELECT campaign_id, count(*) AS pieces FROM bargain_bargain
            WHERE state IN ('running', 'reached', 'ordered', 'bought') GROUP BY campaign_id
        ) b ON b.campaign_id = c.id
        WHERE c.quota_used <> COALESCE(b.pieces, 0)
        """
    ):
        yield f"campaign {ref}", f"{used} used, bargains took {taken}"


@invariant(
    "bargain.pieces",
    because="every bargain that may be bought has one piece reserved, and no other bargain has any",
)
def pieces(now: datetime) -> Broken:
    """Between an order's closing and its bargain's hearing of it, the piece is kept for it already.
    A SKU that was removed is not sold any more."""
    for ref, state, reserved_as, held_as in rows(
        """
        SELECT COALESCE(b.public_id, split_part(held.reference, ':', 1)), b.state, b.reserved_as,
            held.reference
        FROM (
            SELECT b.public_id, b.state, b.reserved_as, c.sku_id FROM bargain_bargain b
            JOIN bargain_bargaincampaign c ON c.id = b.campaign_id
            JOIN catalog_sku sku ON sku.id = c.sku_id
            WHERE (b.state IN ('running', 'reached') AND sku.removed_at IS NULL)
                OR b.reserved_as <> ''
        ) b FULL JOIN (
            SELECT r.sku_id, r.reference, r.reserved_change, r.moved_at FROM catalog_stockmovement r
            WHERE r.kind = 'reserve' AND starts_with(r.reference, 'brg_') AND NOT EXISTS (
                SELECT FROM catalog_stockmovement s WHERE s.sku_id = r.sku_id
                    AND s.reference = r.reference AND s.kind IN ('release', 'ship')
            )
        ) held ON held.reference = b.reserved_as AND held.sku_id = b.sku_id
        WHERE held.reference IS NULL OR held.reserved_change <> 1
            OR (b.public_id IS NULL AND held.moved_at < %(settled)s)
        """,
        settled=now - DELIVERY,
    ):
        yield f"bargain {ref}", f"{state}, kept as {reserved_as!r}, reserved as {held_as!r}"


@invariant("bargain.decided", because="no bargain outlives its deadline")
def decided(now: datetime) -> Broken:
    for ref, state, deadline_at in rows(
        """
        SELECT public_id, state, deadline_at FROM bargain_bargain
        WHERE state IN ('running', 'reached') AND deadline_at < %(limit)s
        """,
        limit=now - LATE,
    ):
        yield f"bargain {ref}", f"still {state}, deadline {deadline_at}"


@invariant("bargain.orders", because="a bargain and its order tell the same story at one price")
def orders(now: datetime) -> Broken:
    for ref, state, order_ref, order, price_fen, unit_fen in rows(
        """
        SELECT b.public_id, b.state, o.public_id, o.state, b.list_fen - b.cut_fen,
            line.unit_price_fen
        FROM bargain_bargain b LEFT JOIN orders_order o ON o.id = b.order_id
        LEFT JOIN orders_orderline line ON line.order_id = o.id
        WHERE (
            (b.state = 'ordered' AND COALESCE(o.state <> 'awaiting_payment', TRUE))
            OR (b.state = 'bought' AND COALESCE(o.paid_at IS NULL OR o.state = 'cancelled', TRUE))
            OR (b.state = 'returned' AND COALESCE(o.state <> 'cancelled', TRUE))
            OR (b.state IN ('running', 'reached', 'expired') AND o.id IS NOT NULL
                AND o.closed_at IS NULL)
            OR (b.state IN ('ordered', 'bought', 'returned')
                AND line.unit_price_fen <> LEAST(b.list_fen - b.cut_fen, line.list_price_fen))
        ) AND COALESCE(
            GREATEST(o.placed_at, o.paid_at, o.closed_at, o.cancelled_at) < %(settled)s, TRUE)
        """,
        settled=now - DELIVERY,
    ):
        yield (
            f"bargain {ref}",
            f"{state} at {price_fen} fen, its order {order_ref} is {order} at {unit_fen}",
        )


@invariant("bargain.fair", because="every help took the cut that was sealed before the first one")
def fair(now: datetime) -> Broken:
    """The newest helps' bargains, and others that every audit draws anew: each text hashes to its
    commitment, and the cuts follow it. A fault of long ago is found within some audits."""
    lately = Bargain.objects.filter(help_rows__helped_at__gte=now - FAIR_LATELY)
    newest = lately.order_by("-pk").values_list("public_id", flat=True).distinct()[:FAIR_LIMIT]
    by_chance = Bargain.objects.order_by("?").values_list("public_id", flat=True)[:FAIR_LIMIT]
    for ref in sorted({*newest, *by_chance}):
        for fault in bargain_faults(ref) or []:
            yield f"bargain {ref}", fault
