"""Giving back a part of what a line cost, for a reason that a campaign has; the order goes on."""

from datetime import datetime

from django.db import transaction

from core.facts import facts_record
from orders.amounts import line_paid_fen
from orders.events import OrderRebated
from orders.locks import order_lock
from orders.models import OrderLine
from payments.queries import refund_asked_fen
from payments.services import NothingToRefund, RefundReason, refund_request


def order_give_back(*, order_id: int, each_fen: int, reason: RefundReason, now: datetime) -> bool:
    """Send so much of the money of each piece of an order's line back, once; a campaign's order has
    one line, beside what was cancelled of it. False when that was done before, or when the order was
    given up: then all of it goes back."""
    with transaction.atomic():
        order = order_lock(order_id)
        line = order.lines.filter(cancelled_at=None).order_by("pk").first()
        if order.payment_id is None or line is None:
            return False
        part = f"line_{line.pk}"
        asked_fen = refund_asked_fen(payment_id=order.payment_id, reason=reason, part=part)
        if asked_fen is not None:
            return False
        # The store may have given back some of it for its own reasons already.
        amount_fen = min(each_fen * line.quantity, line_paid_fen(line))
        try:
            refund_request(
                payment_id=order.payment_id,
                reason=reason,
                part=part,
                amount_fen=amount_fen,
                now=now,
            )
        except NothingToRefund:
            return False
        OrderLine.objects.filter(pk=line.pk).update(rebate_fen=line.rebate_fen + amount_fen)
        facts_record(OrderRebated.of(order), now=now)
        return True
