"""Nets under every notice: the provider is asked again, ever less often, until all is final.

The handlers only put the question on the queue: a slow provider must not hold up the deadlines of
orders and groups. The question is repeated when its answer did not come.
"""

from datetime import datetime

from django.db import transaction

from core.deadlines import DeadlineKind, deadline_register
from core.queue import enqueue
from payments import tasks
from payments.locks import payment_locked
from payments.models import Payment, Refund
from payments.schedule import (
    ABANDONED_AFTER,
    CLOSING_ASKED_EVERY,
    PAYMENT_ASKED_EVERY,
    REFUND_ASKED_EVERY,
    REQUESTED_LIMIT,
    STUCK_ASKED_EVERY,
    STUCK_ASKED_FOR,
    SUBMITTED_LIMIT,
    next_ask,
)
from payments.services.close import begin_close, payment_close
from payments.services.refund import refund_stick
from payments.states import LIVE_PAYMENT, PaymentState, RefundState


def payment_due(payment_id: int, *, now: datetime) -> datetime | None:
    """Ask about an attempt; one that its order left alone long past its window is closed."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.state not in LIVE_PAYMENT:
        return None
    abandoned_at = payment.expires_at + ABANDONED_AFTER
    if payment.state != PaymentState.CLOSING and now >= abandoned_at:
        payment = _abandon(payment_id, now=now)
    if payment.asked_at is None:
        if payment.state == PaymentState.CLOSING:
            payment_close(payment_id=payment_id, now=now)  # nobody needs to be asked
            return None
        return abandoned_at
    if payment.state == PaymentState.CLOSING:
        enqueue(tasks.payment_close, payment_id)
        since = payment.closing_at or payment.asked_at
        return next_ask(since=since, now=now, at_most=CLOSING_ASKED_EVERY)
    enqueue(tasks.payment_poll, payment_id)
    return next_ask(since=payment.asked_at, now=now, at_most=PAYMENT_ASKED_EVERY)


def refund_due(refund_id: int, *, now: datetime) -> datetime | None:
    """Hand a refund over, or ask how it goes; what takes too long goes onto the staff list."""
    refund = Refund.objects.get(pk=refund_id)
    since = refund.submitted_at or refund.requested_at
    if refund.state == RefundState.REQUESTED:
        # Only what was tried past its limit needs a person: a queue that slept catches up itself, and
        # one of many parts waits for its turn.
        first = refund.first_asked_at
        if first and refund.asked_at and refund.asked_at - first > REQUESTED_LIMIT:
            refund_stick(refund_id=refund_id, now=now)
            return now + STUCK_ASKED_EVERY
        enqueue(tasks.refund_submit, refund_id)
        since = refund.first_asked_at or refund.turn_at or refund.requested_at
        return next_ask(since=since, now=now, at_most=PAYMENT_ASKED_EVERY)
    if refund.state == RefundState.SUBMITTED:
        if now - since > SUBMITTED_LIMIT:
            refund_stick(refund_id=refund_id, now=now)
            return now + STUCK_ASKED_EVERY
        enqueue(tasks.refund_poll, refund_id)
        return next_ask(since=since, now=now, at_most=REFUND_ASKED_EVERY)
    if refund.state == RefundState.STUCK and now - since < STUCK_ASKED_FOR:
        enqueue(tasks.refund_poll, refund_id)
        return now + STUCK_ASKED_EVERY
    return None


def _abandon(payment_id: int, *, now: datetime) -> Payment:
    with transaction.atomic():
        payment = payment_locked(payment_id)
        begin_close(payment, switch_to="", now=now)
    return payment


deadline_register(DeadlineKind("payments.payment", Payment, payment_due))
deadline_register(DeadlineKind("payments.refund", Refund, refund_due))
