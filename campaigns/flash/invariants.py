"""What must always hold of flash sales."""

from datetime import datetime, timedelta

from core.invariants import DELIVERY, Broken, invariant, rows

# The tick comes every second; a worker may be away for a while.
LATE = timedelta(minutes=5)


@invariant(
    "flash.quota",
    because="what an offer has sold is what orders hold of it, and never more than its quota",
)
def quota(now: datetime) -> Broken:
    for ref, sold, limit, held in rows(
        """
        SELECT o.public_id, o.sold, o.quota, COALESCE(p.pieces, 0)
        FROM flash_flashoffer o LEFT JOIN (
            SELECT offer_id, sum(quantity) AS pieces FROM flash_flashpurchase
            WHERE state = 'held' GROUP BY offer_id
        ) p ON p.offer_id = o.id
        WHERE o.sold <> COALESCE(p.pieces, 0) OR o.sold > o.quota
        """
    ):
        yield f"offer {ref}", f"{sold} of {limit} sold, orders hold {held}"


@invariant(
    "flash.buyers",
    because="what counts against a person's limit is what their orders hold, and never more than it",
)
def buyers(now: datetime) -> Broken:
    for ref, user, bought, limit, held in rows(
        """
        SELECT o.public_id, COALESCE(b.user_id, p.user_id), b.bought, b."limit", p.pieces
        FROM flash_flashbuyer b FULL JOIN (
            SELECT offer_id, user_id, sum(quantity) AS pieces FROM flash_flashpurchase
            WHERE state = 'held' GROUP BY offer_id, user_id
        ) p ON p.offer_id = b.offer_id AND p.user_id = b.user_id
        JOIN flash_flashoffer o ON o.id = COALESCE(b.offer_id, p.offer_id)
        WHERE COALESCE(b.bought, 0) <> COALESCE(p.pieces, 0) OR b.bought > b."limit"
        """
    ):
        yield f"offer {ref}", f"person {user}: {bought} of {limit} counted, {held} held"


@invariant(
    "flash.orders",
    because="an order at a flash price holds its pieces for as long as it lives, and no longer",
)
def orders(now: datetime) -> Broken:
    for order_ref, state, order, held, quantity, unit_fen, flash_fen in rows(
        """
        SELECT o.public_id, p.state, o.state, p.quantity, line.quantity, line.unit_price_fen,
            offer.flash_fen
        FROM orders_order o
        LEFT JOIN flash_flashpurchase p ON p.order_id = o.id
        LEFT JOIN flash_flashoffer offer ON offer.id = p.offer_id
        LEFT JOIN LATERAL (
            -- What was not sent of it stands in a line of its own.
            SELECT sku_id, unit_price_fen, sum(quantity) AS quantity
            FROM orders_orderline WHERE order_id = o.id GROUP BY sku_id, unit_price_fen
        ) line ON TRUE
        WHERE (o.offer_kind = 'flash' OR p.id IS NOT NULL) AND (
            COALESCE(p.quantity <> line.quantity OR line.sku_id <> offer.sku_id
                OR line.unit_price_fen > offer.flash_fen OR o.offer_ref <> offer.public_id, TRUE)
            OR ((p.state = 'returned') <> (o.closed_at IS NOT NULL OR o.cancelled_at IS NOT NULL)
                AND GREATEST(o.placed_at, o.closed_at, o.cancelled_at) < %(settled)s)
        )
        """,
        settled=now - DELIVERY,
    ):
        yield (
            f"order {order_ref}",
            f"{order}, its pieces are {state}: {held} of {quantity} at {unit_fen} for {flash_fen}",
        )


@invariant("flash.slots", because="no campaign outlives its slot, and none opens untold")
def slots(now: datetime) -> Broken:
    for ref, starts_at, ends_at in rows(
        """
        SELECT public_id, starts_at, ends_at FROM flash_flashcampaign
        WHERE state = 'published' AND (
            ends_at < %(limit)s
            OR (opening_told_at IS NULL AND GREATEST(starts_at, published_at) < %(limit)s)
        )
        """,
        limit=now - LATE,
    ):
        yield f"campaign {ref}", f"still published, {starts_at} to {ends_at}"
