"""What must always be true of coupons, their budgets and the orders that they were spent on."""

from datetime import datetime

from core.invariants import DELIVERY, Broken, invariant, rows


@invariant(
    "coupons.budget", because="what a template counts as taken is its coupons, within its budget"
)
def budget(now: datetime) -> Broken:
    for ref, taken, total, coupons in rows(
        """
        SELECT t.public_id, t.taken, t.total, count(c.id)
        FROM coupons_coupontemplate t LEFT JOIN coupons_coupon c ON c.template_id = t.id
        GROUP BY t.id HAVING t.taken <> count(c.id) OR count(c.id) > t.total
        """
    ):
        yield f"template {ref}", f"{taken} of {total} counted as taken, {coupons} coupons"


@invariant("coupons.limit", because="nobody has more coupons of a template than one may have")
def limit(now: datetime) -> Broken:
    for ref, user_id, counted, coupons, most in rows(
        """
        SELECT t.public_id, c.user_id, COALESCE(h.taken, 0), c.coupons, t.limit_per_person
        FROM (SELECT template_id, user_id, count(*) AS coupons FROM coupons_coupon
            GROUP BY template_id, user_id) c
        JOIN coupons_coupontemplate t ON t.id = c.template_id
        LEFT JOIN coupons_couponholder h
            ON h.template_id = c.template_id AND h.user_id = c.user_id
        WHERE COALESCE(h.taken, 0) <> c.coupons OR c.coupons > t.limit_per_person
            OR h."limit" <> t.limit_per_person
        """
    ):
        yield f"template {ref}", f"user {user_id}: {counted} counted, {coupons} had, {most} allowed"


@invariant("coupons.used", because="a used coupon's order is its owner's and carries its discount")
def used(now: datetime) -> Broken:
    for ref, order_ref, discount_fen, carried_fen in rows(
        """
        SELECT c.public_id, o.public_id, c.discount_fen, a.amount_fen
        FROM coupons_coupon c JOIN orders_order o ON o.id = c.order_id
        LEFT JOIN orders_orderadjustment a ON a.order_id = o.id AND a.kind = 'coupon'
            AND a.reference = c.public_id
        WHERE c.state = 'used' AND (o.buyer_id <> c.user_id OR o.store_id <> c.store_id
            OR a.id IS NULL OR a.amount_fen <> c.discount_fen)
        """
    ):
        yield f"coupon {ref}", f"order {order_ref} carries {carried_fen} of its {discount_fen} fen"


@invariant("coupons.spent", because="an order that lives and cost less by a coupon has spent it")
def spent(now: datetime) -> Broken:
    for order_ref, ref, state, other in rows(
        """
        SELECT o.public_id, a.reference, c.state, c.order_id
        FROM orders_orderadjustment a JOIN orders_order o ON o.id = a.order_id
        LEFT JOIN coupons_coupon c ON c.public_id = a.reference
        CROSS JOIN LATERAL (
            SELECT COALESCE(sum(entry.amount_fen), 0) AS fen, count(*) AS moved
            FROM payments_ledgerentry entry WHERE entry.order_ref = o.public_id
        ) kept
        WHERE a.kind = 'coupon' AND o.state NOT IN ('closed', 'cancelled')
            AND c.order_id IS DISTINCT FROM o.id AND NOT (kept.moved > 0 AND kept.fen <= 0)
        """
    ):
        yield f"order {order_ref}", f"its coupon {ref} is {state}, spent on {other}"


@invariant(
    "coupons.returned", because="what an order spent that came to nothing is back within a minute"
)
def returned(now: datetime) -> Broken:
    for ref, order_ref, state in rows(
        """
        SELECT c.public_id, o.public_id, o.state
        FROM coupons_coupon c JOIN orders_order o ON o.id = c.order_id
        WHERE c.state = 'used' AND o.state IN ('closed', 'cancelled')
            AND COALESCE(o.closed_at, o.cancelled_at) < %(settled)s
        """,
        settled=now - DELIVERY,
    ):
        yield f"coupon {ref}", f"still spent on order {order_ref}, which is {state}"
