"""What must always be true of orders, their stock and their money."""

from datetime import datetime, timedelta

from core.invariants import DELIVERY, Broken, invariant, rows

# A payment window, 30 minutes of a silent provider, and some slack.
UNPAID_LIMIT = timedelta(minutes=35)
RECEIVE_SLACK = timedelta(minutes=10)


@invariant(
    "orders.stock_reserved",
    because="a SKU's reserved stock is what unpaid, held and unshipped orders want of it, and what "
    "is kept under names that are no order's",
)
def stock_reserved(now: datetime) -> Broken:
    for ref, reserved, wanted, kept in rows(
        """
        SELECT sku.public_id, sku.reserved, COALESCE(wanted.quantity, 0), COALESCE(kept.quantity, 0)
        FROM catalog_sku sku
        LEFT JOIN (
            SELECT line.sku_id, sum(line.quantity - line.shipped_quantity) AS quantity
            FROM orders_order o JOIN orders_orderline line ON line.order_id = o.id
            WHERE o.state IN ('awaiting_payment', 'on_hold', 'to_ship')
                AND line.cancelled_at IS NULL
            GROUP BY line.sku_id
        ) wanted ON wanted.sku_id = sku.id
        LEFT JOIN (
            SELECT r.sku_id, sum(r.reserved_change) AS quantity
            FROM catalog_stockmovement r
            WHERE r.kind = 'reserve'
                AND NOT EXISTS (SELECT FROM orders_order o WHERE o.public_id = r.reference)
                AND NOT EXISTS (
                    SELECT FROM catalog_stockmovement s WHERE s.sku_id = r.sku_id
                        AND s.reference = r.reference AND s.kind IN ('release', 'ship')
                )
            GROUP BY r.sku_id
        ) kept ON kept.sku_id = sku.id
        WHERE sku.reserved <> COALESCE(wanted.quantity, 0) + COALESCE(kept.quantity, 0)
        """
    ):
        yield f"sku {ref}", f"reserved {reserved}, orders want {wanted}, {kept} are kept for others"


@invariant(
    "orders.lines_add_up", because="an order's goods are the sum of its lines, and it has some"
)
def lines_add_up(now: datetime) -> Broken:
    for ref, goods_fen, sum_fen in rows(
        """
        SELECT o.public_id, o.goods_fen, COALESCE(sum(line.amount_fen), 0)
        FROM orders_order o LEFT JOIN orders_orderline line ON line.order_id = o.id
        GROUP BY o.id HAVING o.goods_fen <> COALESCE(sum(line.amount_fen), 0)
        """
    ):
        yield f"order {ref}", f"goods {goods_fen} fen, lines {sum_fen} fen"


@invariant(
    "orders.discounts_add_up",
    because="an order's discount is the sum of its reasons, and of what came off its lines",
)
def discounts_add_up(now: datetime) -> Broken:
    for ref, discount_fen, lines_fen, reasons_fen in rows(
        """
        SELECT o.public_id, o.discount_fen, lines.fen, reasons.fen
        FROM orders_order o
        CROSS JOIN LATERAL (
            SELECT COALESCE(sum(line.discount_fen), 0) AS fen
            FROM orders_orderline line WHERE line.order_id = o.id
        ) lines
        CROSS JOIN LATERAL (
            SELECT COALESCE(sum(reason.amount_fen), 0) AS fen
            FROM orders_orderadjustment reason WHERE reason.order_id = o.id
        ) reasons
        WHERE o.discount_fen <> lines.fen OR o.discount_fen <> reasons.fen
        """
    ):
        yield (
            f"order {ref}",
            f"discount {discount_fen} fen, lines {lines_fen} fen, reasons {reasons_fen} fen",
        )


@invariant(
    "orders.repriced",
    because="a merchant's change of price is the one that was asked for and applied, and its lines "
    "share it as far as they cost anything",
)
def repriced(now: datetime) -> Broken:
    for ref, adjust_fen, asked_fen, lines_fen, share_fen in rows(
        """
        SELECT o.public_id, o.adjust_fen, COALESCE(r.after_fen - r.before_fen, 0), lines.adjust_fen,
            share.fen
        FROM (
            SELECT id FROM orders_order WHERE adjust_fen <> 0
            UNION SELECT order_id FROM orders_orderline WHERE adjust_fen <> 0
            UNION SELECT order_id FROM orders_orderreprice WHERE applied_at IS NOT NULL
        ) touched
        JOIN orders_order o ON o.id = touched.id
        LEFT JOIN orders_orderreprice r ON r.order_id = o.id AND r.applied_at IS NOT NULL
        CROSS JOIN LATERAL (
            SELECT COALESCE(sum(line.adjust_fen), 0) AS adjust_fen,
                COALESCE(sum(line.amount_fen - line.discount_fen), 0) AS cost_fen
            FROM orders_orderline line WHERE line.order_id = o.id
        ) lines
        CROSS JOIN LATERAL (
            SELECT CASE WHEN lines.cost_fen = 0 THEN 0
                ELSE GREATEST(o.adjust_fen, -lines.cost_fen) END AS fen
        ) share
        WHERE o.adjust_fen <> COALESCE(r.after_fen - r.before_fen, 0)
            OR lines.adjust_fen <> share.fen
        """
    ):
        yield (
            f"order {ref}",
            f"changed by {adjust_fen} fen, asked for {asked_fen}; lines share {lines_fen} of {share_fen}",
        )


@invariant(
    "orders.money_in",
    because="every payment that arrived is kept by its order or goes back in full, never both",
)
def money_in(now: datetime) -> Broken:
    for ref, order_ref, state, amount_fen, back_fen in rows(
        """
        SELECT p.public_id, p.order_ref, COALESCE(o.state, 'no order'), p.amount_fen, back.fen
        FROM payments_payment p
        JOIN payments_ledgerentry entry ON entry.payment_id = p.id AND entry.kind = 'payment'
        LEFT JOIN orders_order o ON o.public_id = p.order_ref
        CROSS JOIN LATERAL (
            SELECT COALESCE(sum(r.amount_fen), 0) AS fen
            FROM payments_refund r WHERE r.payment_id = p.id
        ) back
        WHERE p.state = 'succeeded' AND entry.entered_at < %(settled)s AND (
            COALESCE(
                o.payment_id = p.id
                AND o.state IN ('on_hold', 'to_ship', 'shipped', 'completed'),
                FALSE
            ) = (back.fen >= p.amount_fen)
        )
        -- A part that was sent may have cost nothing, when the rest was given up. Asked last, of few.
        AND NOT COALESCE(
            o.payment_id = p.id AND o.state <> 'cancelled' AND o.payable_fen <= (
                SELECT sum(
                    CASE WHEN line.cancelled_at IS NULL THEN line.rebate_fen
                    ELSE line.amount_fen - line.discount_fen + line.adjust_fen END
                ) FROM orders_orderline line WHERE line.order_id = o.id
            ),
            FALSE
        )
        """,
        settled=now - DELIVERY,
    ):
        yield (
            f"payment {ref}",
            f"{amount_fen} fen for {order_ref} ({state}), {back_fen} fen on the way back",
        )


@invariant(
    "orders.paid_once",
    because="a paid order keeps exactly one payment of exactly what it cost; an unpaid one none",
)
def paid_once(now: datetime) -> Broken:
    for ref, state, payable_fen, payment, amount_fen in rows(
        """
        SELECT o.public_id, o.state, o.payable_fen, p.state, p.amount_fen
        FROM orders_order o LEFT JOIN payments_payment p ON p.id = o.payment_id
        WHERE CASE
            WHEN o.state IN ('awaiting_payment', 'closed') THEN o.payment_id IS NOT NULL
            ELSE p.id IS NULL OR p.state <> 'succeeded' OR p.amount_fen <> o.payable_fen
                OR p.order_ref <> o.public_id
        END
        """
    ):
        has = f"a {payment} payment of {amount_fen} fen" if payment else "no payment"
        yield f"order {ref}", f"{state}, costs {payable_fen} fen, has {has}"


@invariant("orders.unpaid_closed", because="no order waits for money beyond its limit")
def unpaid_closed(now: datetime) -> Broken:
    for ref, pay_before in rows(
        """
        SELECT public_id, pay_before FROM orders_order
        WHERE state = 'awaiting_payment'
            AND (pay_before < %(limit)s OR close_requested_at < %(limit)s)
        """,
        limit=now - UNPAID_LIMIT,
    ):
        yield f"order {ref}", f"still awaiting payment, due before {pay_before.isoformat()}"


@invariant(
    "orders.holds",
    because="an order is on hold exactly while a hold is open, and no hold outlives its order",
)
def holds(now: datetime) -> Broken:
    for ref, state in rows(
        """
        SELECT o.public_id, o.state FROM orders_orderhold hold
        JOIN orders_order o ON o.id = hold.order_id
        WHERE hold.closed_at IS NULL AND o.state NOT IN ('awaiting_payment', 'on_hold')
        """
    ):
        yield f"order {ref}", f"{state} with an open hold"
    for (ref,) in rows(
        """
        SELECT o.public_id FROM orders_order o WHERE o.state = 'on_hold' AND NOT EXISTS (
            SELECT 1 FROM orders_orderhold hold
            WHERE hold.order_id = o.id AND hold.closed_at IS NULL
        )
        """
    ):
        yield f"order {ref}", "on hold without an open hold"


@invariant(
    "orders.lines_cancelled",
    because="a cancelled line's money goes back exactly once, and only a cancelled line's",
)
def lines_cancelled(now: datetime) -> Broken:
    # Through JSON, because a line's discount is a column that another part may bring.
    for ref, line, cost_fen, back_fen in rows(
        """
        SELECT COALESCE(gone.public_id, r.order_ref), COALESCE('line_' || gone.id, r.part),
            gone.cost_fen, r.amount_fen
        FROM (
            SELECT o.public_id, line.id, line.amount_fen + line.adjust_fen - line.rebate_fen
                - COALESCE((to_jsonb(line) ->> 'discount_fen')::bigint, 0) AS cost_fen
            FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id
            WHERE line.cancelled_at IS NOT NULL
        ) gone
        FULL JOIN (SELECT * FROM payments_refund WHERE reason = 'line_cancelled') r
            ON r.order_ref = gone.public_id AND r.part = 'line_' || gone.id
        WHERE COALESCE(gone.cost_fen, -1) <> COALESCE(r.amount_fen, 0)
        """
    ):
        yield f"order {ref}", f"{line}: cancelled for {cost_fen} fen, {back_fen} fen go back"


@invariant(
    "orders.rebates",
    because="what came back of an order's lines while they stayed bought was asked for, to the fen",
)
def rebates(now: datetime) -> Broken:
    for ref, said_fen, back_fen in rows(
        """
        SELECT COALESCE(said.public_id, back.order_ref), COALESCE(said.fen, 0), COALESCE(back.fen, 0)
        FROM (
            SELECT o.public_id, sum(line.rebate_fen) AS fen
            FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id
            WHERE line.rebate_fen > 0 GROUP BY o.public_id
        ) said
        FULL JOIN (
            SELECT order_ref, sum(amount_fen) AS fen FROM payments_refund
            WHERE reason IN ('group_tier', 'agreed') GROUP BY order_ref
        ) back ON back.order_ref = said.public_id
        WHERE COALESCE(said.fen, 0) <> COALESCE(back.fen, 0)
        """
    ):
        yield (
            f"order {ref}",
            f"its lines say that {said_fen} fen came back, {back_fen} were asked for",
        )


@invariant("orders.shipped", because="a shipped order has a parcel, and is received in time")
def shipped(now: datetime) -> Broken:
    for (ref,) in rows(
        """
        SELECT o.public_id FROM orders_order o
        WHERE o.state IN ('shipped', 'completed') AND NOT EXISTS (
            SELECT 1 FROM orders_shipment s WHERE s.order_id = o.id
        )
        """
    ):
        yield f"order {ref}", "shipped without a parcel"
    for ref, line, said, sent in rows(
        """
        SELECT o.public_id, line.id, line.shipped_quantity, COALESCE(sum(part.quantity), 0)
        FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id
        LEFT JOIN orders_shipmentline part ON part.line_id = line.id
        WHERE EXISTS (SELECT 1 FROM orders_shipment s WHERE s.order_id = o.id)
            OR o.state NOT IN ('shipped', 'completed')
        GROUP BY o.id, line.id
        HAVING line.shipped_quantity <> COALESCE(sum(part.quantity), 0)
        """
    ):
        yield f"order {ref}", f"line {line} says {said} sent, its parcels hold {sent}"
    for ref, state, left in rows(
        """
        SELECT o.public_id, o.state, sum(line.quantity - line.shipped_quantity)
        FROM orders_order o JOIN orders_orderline line ON line.order_id = o.id
        WHERE line.cancelled_at IS NULL
        GROUP BY o.id
        HAVING (o.state IN ('shipped', 'completed')
                AND sum(line.quantity - line.shipped_quantity) > 0)
            OR (o.state = 'to_ship' AND sum(line.quantity - line.shipped_quantity) = 0)
            OR (o.state NOT IN ('to_ship', 'shipped', 'completed')
                AND sum(line.shipped_quantity) > 0)
        """
    ):
        yield f"order {ref}", f"{state} with {left} pieces to send"
    for ref, receive_before in rows(
        """
        SELECT public_id, receive_before FROM orders_order
        WHERE state = 'shipped' AND COALESCE(receive_before < %(limit)s, TRUE)
        """,
        limit=now - RECEIVE_SLACK,
    ):
        yield f"order {ref}", f"shipped, to be received before {receive_before}"


@invariant("orders.reviews", because="an order is held for risk exactly while its review waits")
def reviews(now: datetime) -> Broken:
    for ref, outcome, state, is_held in rows(
        """
        SELECT o.public_id, r.outcome, o.state, h.id IS NOT NULL
        FROM orders_riskreview r JOIN orders_order o ON o.id = r.order_id
        LEFT JOIN orders_orderhold h ON h.order_id = o.id AND h.kind = 'risk'
            AND h.closed_at IS NULL
        WHERE (r.outcome = '') <> (h.id IS NOT NULL)
        """
    ):
        yield f"order {ref}", f"{state}, review {outcome or 'waits'}, held: {is_held}"
