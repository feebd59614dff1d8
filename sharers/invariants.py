"""What must always be true of what sharers earned."""

from datetime import datetime

from core.invariants import DELIVERY, Broken, invariant, rows


@invariant("sharers.rewards", because="what a line earned is what its entries add up to")
def rewards(now: datetime) -> Broken:
    for pk, amount_fen, entries_fen in rows(
        """
        SELECT r.id, r.amount_fen, COALESCE(e.total, 0)
        FROM sharers_reward r LEFT JOIN (
            SELECT reward_id, sum(amount_fen) AS total FROM sharers_rewardentry GROUP BY reward_id
        ) e ON e.reward_id = r.id
        WHERE r.amount_fen <> COALESCE(e.total, 0)
        """
    ):
        yield f"reward {pk}", f"{amount_fen} fen, its entries add up to {entries_fen}"


@invariant(
    "sharers.balances", because="a sharer has what is frozen, and what is released less payouts"
)
def balances(now: datetime) -> Broken:
    for ref, frozen, is_frozen, available, is_available in rows(
        """
        SELECT s.public_id, s.frozen_fen, COALESCE(r.frozen, 0),
            s.available_fen, COALESCE(r.released, 0) + COALESCE(p.paid, 0)
        FROM sharers_sharer s LEFT JOIN (
            SELECT sharer_id, sum(amount_fen) FILTER (WHERE state = 'frozen') AS frozen,
                sum(amount_fen) FILTER (WHERE state = 'released') AS released
            FROM sharers_reward GROUP BY sharer_id
        ) r ON r.sharer_id = s.id LEFT JOIN (
            SELECT sharer_id, sum(amount_fen) AS paid FROM sharers_rewardentry
            WHERE kind IN ('payout', 'reversal') GROUP BY sharer_id
        ) p ON p.sharer_id = s.id
        WHERE s.frozen_fen <> COALESCE(r.frozen, 0)
            OR s.available_fen <> COALESCE(r.released, 0) + COALESCE(p.paid, 0)
        """
    ):
        yield (
            f"sharer {ref}",
            f"frozen {frozen} of {is_frozen} fen, available {available} of {is_available}",
        )


@invariant(
    "sharers.worth", because="an order that came to nothing, or a line given up, earns nothing"
)
def worth(now: datetime) -> Broken:
    for pk, order_ref, amount_fen in rows(
        """
        SELECT r.id, o.public_id, r.amount_fen
        FROM sharers_reward r JOIN orders_order o ON o.id = r.order_id
            JOIN orders_orderline l ON l.id = r.line_id
        WHERE r.amount_fen > 0 AND (
            o.state NOT IN ('to_ship', 'shipped', 'completed') AND o.cancelled_at < %(settled)s
            OR l.cancelled_at < %(settled)s OR o.buyer_id = (
                SELECT person_id FROM sharers_sharer WHERE id = r.sharer_id))
        """,
        settled=now - DELIVERY,
    ):
        yield f"reward {pk}", f"{amount_fen} fen of order {order_ref}"


@invariant(
    "sharers.terms",
    because="what is kept of an order earns what the terms of its reward say, and nothing without any",
)
def terms(now: datetime) -> Broken:
    for pk, order_ref, amount_fen, due_fen in rows(
        """
        SELECT r.id, o.public_id, r.amount_fen, due.fen
        FROM sharers_reward r JOIN orders_order o ON o.id = r.order_id
        JOIN orders_orderline l ON l.id = r.line_id
        CROSS JOIN LATERAL (
            SELECT GREATEST(l.amount_fen - l.discount_fen - l.rebate_fen + l.adjust_fen, 0) AS fen
        ) paid
        CROSS JOIN LATERAL (
            SELECT CASE WHEN r.fixed_fen IS NOT NULL THEN LEAST(r.fixed_fen * l.quantity, paid.fen)
                ELSE paid.fen * COALESCE(r.rate_bp, 0) / 10000 END AS fen
        ) due
        WHERE o.state IN ('to_ship', 'shipped', 'completed') AND l.cancelled_at IS NULL
            AND r.amount_fen <> due.fen AND o.paid_at < %(settled)s
            -- Asked of few: what else may have changed what it is worth a moment ago.
            AND NOT EXISTS (
                SELECT FROM orders_orderhold h
                WHERE h.order_id = o.id AND h.closed_at >= %(settled)s
            )
            AND NOT EXISTS (
                SELECT FROM payments_refund back
                WHERE back.payment_id = o.payment_id AND back.requested_at >= %(settled)s
            )
        """,
        settled=now - DELIVERY,
    ):
        yield f"reward {pk}", f"{amount_fen} fen of order {order_ref}, its terms say {due_fen}"


@invariant("sharers.due", because="what waits for the time of returns knows when that is over")
def due(now: datetime) -> Broken:
    for pk, order_ref in rows(
        """
        SELECT r.id, o.public_id
        FROM sharers_reward r JOIN orders_order o ON o.id = r.order_id
        WHERE r.state = 'frozen' AND r.due_at IS NULL AND r.due_parked_at IS NULL
            AND o.received_at < %(settled)s
        """,
        settled=now - DELIVERY,
    ):
        yield f"reward {pk}", f"order {order_ref} was received, and nothing releases it"
