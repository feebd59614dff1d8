"""What must always be true of groups, their seats and their campaigns."""

from datetime import datetime, timedelta

from core.invariants import DELIVERY, Broken, invariant, rows

# Grace, half an hour of a silent provider, and some slack.
UNDECIDED_LIMIT = timedelta(minutes=35)


@invariant(
    "groupbuy.seats",
    because="a group's counters are its members, and together they never exceed its size",
)
def seats(now: datetime) -> Broken:
    for ref, size, *counts in rows(
        """
        SELECT g.public_id, g.size, g.reserved, g.joined, g.confirmed,
            COALESCE(m.reserved, 0), COALESCE(m.joined, 0), COALESCE(m.confirmed, 0)
        FROM groupbuy_group g LEFT JOIN (
            SELECT group_id,
                count(*) FILTER (WHERE state = 'reserved') AS reserved,
                count(*) FILTER (WHERE state = 'joined') AS joined,
                count(*) FILTER (WHERE state = 'confirmed') AS confirmed
            FROM groupbuy_member GROUP BY group_id
        ) m ON m.group_id = g.id
        WHERE g.reserved <> COALESCE(m.reserved, 0) OR g.joined <> COALESCE(m.joined, 0)
            OR g.confirmed <> COALESCE(m.confirmed, 0)
            OR g.reserved + g.joined + g.confirmed > g.size
        """
    ):
        yield f"group {ref}", f"size {size}, counts {counts[:3]}, has members {counts[3:]}"


@invariant(
    "groupbuy.succeeded",
    because="a succeeded group has only confirmed members: as many as seats, or at least as many as "
    "its campaign said are enough at the deadline",
)
def succeeded(now: datetime) -> Broken:
    for ref, size, confirmed, others in rows(
        """
        SELECT g.public_id, g.size,
            count(m.id) FILTER (WHERE m.state = 'confirmed'),
            count(m.id) FILTER (WHERE m.state IN ('reserved', 'joined'))
        FROM groupbuy_group g LEFT JOIN groupbuy_member m ON m.group_id = g.id
        WHERE g.state = 'succeeded' GROUP BY g.id
        HAVING count(m.id) FILTER (WHERE m.state = 'confirmed') <> g.confirmed
            OR g.confirmed < COALESCE(g.least, g.size)
            OR count(m.id) FILTER (WHERE m.state = 'joined') > 0
            OR (g.confirmed = g.size AND count(m.id) FILTER (WHERE m.state = 'reserved') > 0)
        """
    ):
        yield f"group {ref}", f"size {size}, {confirmed} confirmed, {others} undecided"


@invariant(
    "groupbuy.quota",
    because="a campaign's used quota is what its live seats took of it, those aside whose order was "
    "cancelled afterwards",
)
def quota(now: datetime) -> Broken:
    for ref, used, taken in rows(
        """
        SELECT c.public_id, c.quota_used, COALESCE(m.pieces, 0)
        FROM groupbuy_groupcampaign c LEFT JOIN (
            SELECT campaign_id, sum(quantity) AS pieces FROM groupbuy_member
            WHERE state IN ('reserved', 'joined', 'confirmed') AND returned_at IS NULL
            GROUP BY campaign_id
        ) m ON m.campaign_id = c.id
        WHERE c.quota_used <> COALESCE(m.pieces, 0)
        """
    ):
        yield f"campaign {ref}", f"{used} used, seats took {taken}"


@invariant(
    "groupbuy.needed",
    because="a campaign keeps a piece for everybody whom its undecided groups need, and has it",
)
def needed(now: datetime) -> Broken:
    for ref, kept, needs, left in rows(
        """
        SELECT c.public_id, c.quota_needed, COALESCE(g.needs, 0), c.quota - c.quota_used
        FROM groupbuy_groupcampaign c LEFT JOIN (
            SELECT campaign_id,
                sum(GREATEST(COALESCE(least, size) - reserved - joined - confirmed, 0)) AS needs
            FROM groupbuy_group WHERE state IN ('forming', 'open') GROUP BY campaign_id
        ) g ON g.campaign_id = c.id
        WHERE c.quota_needed <> COALESCE(g.needs, 0) OR c.quota_needed > c.quota - c.quota_used
        """
    ):
        yield f"campaign {ref}", f"{kept} of {left} kept, its groups need {needs}"


@invariant(
    "groupbuy.decided",
    because="no group stays undecided beyond its time limit, nor that long in a cancelled campaign",
)
def decided(now: datetime) -> Broken:
    for ref, deadline_at in rows(
        """
        SELECT public_id, deadline_at FROM groupbuy_group
        WHERE state = 'open' AND COALESCE(deadline_at < %(limit)s, TRUE)
        """,
        limit=now - UNDECIDED_LIMIT,
    ):
        yield f"group {ref}", f"still open, deadline {deadline_at}"
    for ref, state in rows(
        """
        SELECT g.public_id, g.state FROM groupbuy_group g
        WHERE g.state = 'forming' AND NOT EXISTS (
            SELECT 1 FROM groupbuy_member m JOIN orders_order o ON o.id = m.order_id
            WHERE m.group_id = g.id AND m.is_leader
                AND (o.state = 'awaiting_payment' OR o.paid_at > %(settled)s
                    OR o.closed_at > %(settled)s)
        )
        """,
        settled=now - DELIVERY,
    ):
        yield f"group {ref}", f"{state} although its leader's order is decided"
    for ref, state in rows(
        """
        SELECT g.public_id, g.state
        FROM groupbuy_groupcampaign c JOIN groupbuy_group g ON g.campaign_id = c.id
        WHERE c.cancelled_at < %(limit)s AND g.state IN ('forming', 'open') AND g.fail_reason = ''
        """,
        limit=now - UNDECIDED_LIMIT,
    ):
        yield f"group {ref}", f"still {state}, its campaign is cancelled"


# What a member's state says about its order.
FITS = {
    "reserved": ("awaiting_payment",),
    "joined": ("on_hold",),
    "confirmed": ("to_ship", "shipped", "completed", "cancelled"),
    "released": ("closed",),
    "refunding": ("cancelled",),
    "refunded": ("cancelled",),
}


@invariant("groupbuy.orders", because="a seat and its order tell the same story")
def orders(now: datetime) -> Broken:
    values = ", ".join(
        f"('{member}', '{order}')" for member, fits in FITS.items() for order in fits
    )
    for ref, member, order_ref, order in rows(
        f"""
        SELECT g.public_id, m.state, o.public_id, o.state
        FROM groupbuy_member m
        JOIN groupbuy_group g ON g.id = m.group_id
        JOIN orders_order o ON o.id = m.order_id
        WHERE (m.state, o.state) NOT IN (VALUES {values})
            -- Its group has let it go, and another reason holds it still.
            AND NOT (m.state = 'confirmed' AND o.state = 'on_hold' AND EXISTS (
                SELECT 1 FROM orders_orderhold h
                WHERE h.order_id = o.id AND h.kind <> 'group' AND h.closed_at IS NULL
            ))
            AND GREATEST(o.placed_at, o.paid_at, o.closed_at, o.cancelled_at, m.left_at)
                < %(settled)s
        """,
        settled=now - DELIVERY,
    ):
        yield f"group {ref}", f"a {member} seat whose order {order_ref} is {order}"


@invariant(
    "groupbuy.returned",
    because="what a seat took is free again exactly when its order was cancelled after its group had "
    "succeeded",
)
def returned(now: datetime) -> Broken:
    for ref, state, order_ref, order, returned_at in rows(
        """
        SELECT g.public_id, m.state, o.public_id, o.state, m.returned_at
        FROM groupbuy_member m
        JOIN groupbuy_group g ON g.id = m.group_id
        JOIN orders_order o ON o.id = m.order_id
        WHERE (m.returned_at IS NOT NULL) <> (m.state = 'confirmed' AND o.state = 'cancelled')
            AND COALESCE(o.cancelled_at < %(settled)s, TRUE)
        """,
        settled=now - DELIVERY,
    ):
        yield f"group {ref}", f"a {state} seat, order {order_ref} {order}: returned {returned_at}"


@invariant(
    "groupbuy.prices",
    because="a seat is for what its order buys, at no more than its campaign's price, a leader's at no "
    "more than the leader's",
)
def prices(now: datetime) -> Broken:
    for ref, order_ref, unit_fen, price_fen in rows(
        """
        SELECT g.public_id, o.public_id, line.unit_price_fen, price.fen
        FROM groupbuy_member m
        JOIN orders_orderline line ON line.order_id = m.order_id
        LEFT JOIN groupbuy_groupprice p
            ON p.campaign_id = m.campaign_id AND p.sku_id = line.sku_id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN m.is_leader THEN COALESCE(p.leader_fen, p.price_fen)
                ELSE p.price_fen END AS fen
        ) price
        JOIN groupbuy_group g ON g.id = m.group_id
        JOIN orders_order o ON o.id = m.order_id
        -- What was not sent of it stands in a line of its own.
        WHERE COALESCE(line.unit_price_fen > price.fen OR m.quantity <> (
            SELECT sum(every.quantity) FROM orders_orderline every WHERE every.order_id = o.id
        ), TRUE)
        """
    ):
        yield f"group {ref}", f"order {order_ref} costs {unit_fen} a piece, its seat {price_fen}"


@invariant("groupbuy.refunded", because="a seat counts as refunded exactly when its money is back")
def refunded(now: datetime) -> Broken:
    for ref, state, order_ref, back_fen in rows(
        """
        SELECT g.public_id, m.state, o.public_id, back.fen
        FROM groupbuy_member m
        JOIN groupbuy_group g ON g.id = m.group_id
        JOIN orders_order o ON o.id = m.order_id
        LEFT JOIN payments_payment p ON p.id = o.payment_id
        CROSS JOIN LATERAL (
            SELECT COALESCE(-sum(entry.amount_fen), 0) AS fen, max(entry.entered_at) AS at
            FROM payments_ledgerentry entry
            WHERE entry.payment_id = p.id AND entry.kind = 'refund'
        ) back
        WHERE (m.state = 'refunded' AND COALESCE(back.fen < p.amount_fen, TRUE))
            OR (m.state = 'refunding' AND back.fen >= p.amount_fen AND back.at < %(settled)s)
        """,
        settled=now - DELIVERY,
    ):
        yield f"group {ref}", f"a {state} seat, {back_fen} fen of order {order_ref} are back"


@invariant(
    "groupbuy.ladder",
    because="everybody in a group of a ladder gets back what the step that it reached is cheaper, and "
    "no piece costs less than a fen, unless its store gave that back before",
)
def ladder(now: datetime) -> Broken:
    for ref, order_ref, due_fen, back_fen in rows(
        """
        SELECT g.public_id, o.public_id, due.fen, back.fen
        FROM groupbuy_group g
        JOIN groupbuy_member m ON m.group_id = g.id AND m.state = 'confirmed'
        JOIN orders_order o ON o.id = m.order_id
        CROSS JOIN LATERAL (
            -- What was cancelled of it before went back at its full price.
            SELECT LEAST(g.off_fen, min(line.unit_price_fen) - 1)
                * COALESCE(sum(line.quantity) FILTER (WHERE line.cancelled_at IS NULL), 0)
                + COALESCE(sum(line.rebate_fen) FILTER (WHERE line.cancelled_at IS NOT NULL), 0)
                AS fen,
                COALESCE(sum(line.amount_fen - line.discount_fen - line.rebate_fen)
                    FILTER (WHERE line.cancelled_at IS NULL), 0) AS left_fen
            FROM orders_orderline line WHERE line.order_id = o.id
        ) due
        CROSS JOIN LATERAL (
            SELECT COALESCE(sum(r.amount_fen), 0) AS fen FROM payments_refund r
            WHERE r.payment_id = o.payment_id AND r.reason = 'group_tier'
        ) back
        WHERE g.state = 'succeeded' AND o.state <> 'cancelled'
            AND due.fen <> back.fen
            AND NOT (back.fen < due.fen AND due.left_fen = 0)
            AND g.succeeded_at < %(settled)s
        """,
        settled=now - DELIVERY,
    ):
        yield f"group {ref}", f"order {order_ref} is to get {due_fen} fen back, gets {back_fen}"


@invariant("groupbuy.steps", because="a group's step is the one that its people reached")
def steps(now: datetime) -> Broken:
    for ref, confirmed, off_fen, should_fen in rows(
        """
        SELECT g.public_id, g.confirmed, g.off_fen, COALESCE(step.fen, 0)
        FROM groupbuy_group g JOIN groupbuy_groupcampaign c ON c.id = g.campaign_id
        LEFT JOIN LATERAL (
            SELECT max(t.off_fen) AS fen FROM groupbuy_grouptier t
            WHERE t.campaign_id = c.id AND c.ending = 'ladder' AND t.people <= g.confirmed
        ) step ON TRUE
        WHERE g.state = 'succeeded' AND g.off_fen <> COALESCE(step.fen, 0)
        """
    ):
        yield f"group {ref}", f"{confirmed} people, {off_fen} fen off, the step says {should_fen}"
