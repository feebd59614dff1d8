"""Money goes back: under a number that is stored before the first call and never changes."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core.facts import facts_record
from core.ids import random_token
from core.prepared import Prepared
from core.rows import row_insert, rows_get
from payments.events import RefundRequested
from payments.gateway import gateway_for
from payments.gateway.base import GatewayError, RefundAsk, RefundResult, RefundStatus
from payments.locks import payment_locked, refund_payment_locked
from payments.models import LedgerEntry, Payment, PaymentIncident, Refund
from payments.schedule import (
    BETWEEN_PARTIALS,
    MAX_PARTIALS,
    REFUNDABLE_FOR,
    SOON,
    STUCK_ASKED_EVERY,
)
from payments.services.incidents import incident_record
from payments.services.refusals import refusal_text
from payments.states import REFUND, PaymentState, RefundState

log = logging.getLogger(__name__)

# The queue comes first; the deadline is the net beneath it.
NET_AFTER = timedelta(seconds=10)
_RAISE = Prepared(
    "payments_refunded_raise",
    """
    UPDATE payments_payment SET refunded_fen = refunded_fen + %(fen)s
    WHERE id = %(payment)s AND state = %(paid)s AND refunded_fen <= amount_fen - %(fen)s
    """,
)
OPEN_STATES = (RefundState.REQUESTED, RefundState.SUBMITTED, RefundState.STUCK)


class NothingToRefund(Exception):
    """The payment has no money, or less than asked for, that is not on its way back already."""


def refund_request(
    *,
    payment_id: int,
    reason: str,
    now: datetime,
    amount_fen: int | None = None,
    part: str = "",
) -> Refund:
    """Ask for money back, in the caller's transaction; by default all that is left.

    One refund per payment, reason and `part` (what of the order, where a reason may come more than
    once): asked again, the first one is returned. Raises
    NothingToRefund when the payment did not succeed or has less than `amount_fen` left.
    """
    payment = payment_locked(payment_id)
    for asked in rows_get(Refund, payment_id=payment.pk):
        if (asked.reason, asked.part) == (reason, part):
            return asked
    left = payment.amount_fen - payment.refunded_fen
    amount_fen = left if amount_fen is None else amount_fen
    if payment.state != PaymentState.SUCCEEDED or not 1 <= amount_fen <= left:
        raise NothingToRefund(f"payment {payment_id} has {left} fen left, {payment.state}")
    raised = {"payment": payment_id, "fen": amount_fen, "paid": PaymentState.SUCCEEDED.value}
    if not _RAISE.count(raised):
        raise NothingToRefund(f"payment {payment_id} has less than {amount_fen} fen left")
    refund = Refund(
        store_id=payment.store_id,
        payment=payment,
        order_ref=payment.order_ref,
        out_refund_no=f"r{payment.out_trade_no}{random_token(6)}",
        reason=reason,
        part=part,
        amount_fen=amount_fen,
        requested_at=now,
        turn_at=now,
        due_at=now + NET_AFTER,
    )
    row_insert(refund)
    facts_record(RefundRequested.of(refund), now=now)
    return refund


def refund_refusal(*, payment_id: int, now: datetime) -> str:
    """Why WeChat Pay would refuse one more refund of a payment for good, in Chinese; "" when it would
    not. For money that goes back by choice; what has to go back goes to the staff list instead. Needs
    the lock of its order: two at once would both be the last that may be."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.paid_at and now - payment.paid_at > REFUNDABLE_FOR:
        return refusal_text("TOO_OLD")
    if payment.refunds.count() >= MAX_PARTIALS:
        return refusal_text("TOO_MANY")
    return ""


def refund_submit(*, refund_id: int, now: datetime) -> RefundState:
    """Hand a requested refund to the provider; the state it is in afterwards.

    No transaction may be open. Safe to repeat: the number is the same. A silent provider leaves
    it requested; a refusal for good makes it stuck, with the reason in Chinese.
    """
    refund = _claimed(refund_id, now=now)
    return _state(refund_id) if refund is None else _submit(refund, now=now)


def refund_poll(*, refund_id: int, now: datetime) -> RefundState:
    """Ask the provider how a refund goes and record it; the state it is in afterwards.

    No transaction may be open. A silent provider changes nothing.
    """
    refund = Refund.objects.select_related("payment__account").get(pk=refund_id)
    if refund.state in OPEN_STATES:
        try:
            result = gateway_for(refund.payment.account).query_refund(refund.out_refund_no)
        except GatewayError as error:
            log.info("refund %s: %s", refund_id, error)
            if error.not_found and refund.state == RefundState.SUBMITTED:
                _stick(refund, _("微信支付找不到这笔退款，请核对后重试。"), now=now)
        else:
            refund_heard(refund, result, now=now)
    return _state(refund_id)


def refund_retry(*, refund_id: int, by_id: int, now: datetime) -> RefundState:
    """Staff want a stuck refund tried again, under the same number; the state it is in afterwards.

    The provider is asked first: what staff mended on its own pages may have settled it. One that was
    explained is only asked about: its money went back by another way. One that has
    to wait for its turn is `requested` until `turn_at`, when its deadline hands it over. No
    transaction may be open.
    """
    log.info("refund %s is retried by user %s", refund_id, by_id)
    if refund_poll(refund_id=refund_id, now=now) == RefundState.STUCK:
        changes = {"turn_at": now, "first_asked_at": None, "due_at": now + NET_AFTER}
        with transaction.atomic():
            # Behind the lock: somebody may be saying at this moment that it was paid.
            refund = refund_payment_locked(refund_id)
            is_open = refund.explained_at is None
            if is_open:
                REFUND.move_row(refund, "retry", now=now, changes=changes)
        if is_open:
            refund_submit(refund_id=refund_id, now=now)
    return _state(refund_id)


def refund_settle(
    *,
    refund_id: int,
    provider_refund_id: str,
    amount_fen: int,
    succeeded_at: datetime,
    now: datetime,
) -> bool:
    """Record that the money is back: state, ledger row and fact, in one transaction of its own.

    False when it was recorded before. Raises ValueError for an amount that is not the refund's.
    """
    with transaction.atomic():
        refund = Refund.objects.select_related("payment").get(pk=refund_id)
        if refund.amount_fen != amount_fen:
            raise ValueError(f"refund {refund_id}: {amount_fen} fen is not its amount")
        changes = {
            "provider_refund_id": provider_refund_id,
            "provider_status": RefundStatus.SUCCEEDED.value,
            "succeeded_at": succeeded_at,
            "due_at": None,
            "error": "",
        }
        if not REFUND.move_row(refund, "succeed", now=now, changes=changes):
            return False
        LedgerEntry.objects.create(
            store_id=refund.store_id,
            account_id=refund.payment.account_id,
            payment_id=refund.payment_id,
            refund=refund,
            order_ref=refund.order_ref,
            kind=LedgerEntry.Kind.REFUND,
            amount_fen=-amount_fen,
            entered_at=now,
        )
    return True


def refund_heard(refund: Refund, result: RefundResult, *, now: datetime) -> bool:
    """Record what the provider says, from an answer or a notice; False when it does not fit,
    which then is an incident. `refund` comes with its payment."""
    payment = refund.payment
    said = (result.out_refund_no, result.out_trade_no, result.refund_fen, result.total_fen)
    ours = (refund.out_refund_no, payment.out_trade_no, refund.amount_fen, payment.amount_fen)
    if said != ours:
        incident_record(
            account=payment.account,
            kind=PaymentIncident.Kind.REFUND,
            reference=result.provider_refund_id or result.out_refund_no,
            amount_fen=result.refund_fen,
            detail=result.raw,
            now=now,
            payment=payment,
        )
        return False
    if result.status == RefundStatus.SUCCEEDED:
        refund_settle(
            refund_id=refund.pk,
            provider_refund_id=result.provider_refund_id,
            amount_fen=result.refund_fen,
            succeeded_at=result.succeeded_at or now,
            now=now,
        )
    elif result.status == RefundStatus.PROCESSING:
        _submitted(refund, result, now=now)
    else:
        _stick(refund, refusal_text(result.status.value.upper()), now=now, result=result)
    return True


def refund_stick(*, refund_id: int, now: datetime) -> bool:
    """It has taken too long: onto the staff list. False when it is there, or done."""
    refund = Refund.objects.get(pk=refund_id)
    return _stick(
        refund, refund.error or _("微信支付迟迟没有完成这笔退款，请核对后重试。"), now=now
    )


def _claimed(refund_id: int, *, now: datetime) -> Refund | None:
    """The refund, marked as asked, when it may be handed over now; one that may not be yet is due
    at its turn."""
    with transaction.atomic():
        refund = refund_payment_locked(refund_id)
        if refund.state != RefundState.REQUESTED:
            return None
        payment = refund.payment
        siblings = Refund.objects.filter(payment=payment).exclude(pk=refund_id)
        if payment.paid_at and now - payment.paid_at > REFUNDABLE_FOR:
            _stick(refund, refusal_text("TOO_OLD"), now=now)
            return None
        if siblings.exclude(asked_at=None).count() >= MAX_PARTIALS:
            _stick(refund, refusal_text("TOO_MANY"), now=now)
            return None
        newest = siblings.filter(asked_at__gt=now - BETWEEN_PARTIALS).order_by("-asked_at").first()
        mine = Refund.objects.filter(pk=refund_id)
        if newest is not None and newest.asked_at is not None:
            turn_at = newest.asked_at + BETWEEN_PARTIALS
            mine.update(turn_at=turn_at, due_at=turn_at)
            return None
        first_asked_at = refund.first_asked_at or now
        mine.update(first_asked_at=first_asked_at, asked_at=now, due_at=now + NET_AFTER)
        return refund


def _submit(refund: Refund, *, now: datetime) -> RefundState:
    payment = refund.payment
    ask = RefundAsk(
        out_refund_no=refund.out_refund_no,
        out_trade_no=payment.out_trade_no,
        refund_fen=refund.amount_fen,
        total_fen=payment.amount_fen,
        reason=str(Refund.Reason(refund.reason).label),
    )
    try:
        result = gateway_for(payment.account).refund(ask)
    except GatewayError as error:
        log.info("refund %s: %s", refund.pk, error)
        text = refusal_text(error.code, error.message)
        if error.permanent:
            _stick(refund, text, now=now)
        else:
            Refund.objects.filter(pk=refund.pk, state__in=OPEN_STATES).update(error=text)
    else:
        refund_heard(refund, result, now=now)
    return _state(refund.pk)


def _submitted(refund: Refund, result: RefundResult, *, now: datetime) -> None:
    changes = {
        "submitted_at": now,
        "provider_refund_id": result.provider_refund_id,
        "provider_status": result.status.value,
        "due_at": now + SOON,
        "error": "",
    }
    with transaction.atomic():
        REFUND.move_row(refund, "submit", now=now, changes=changes)


def _stick(refund: Refund, text: str, *, now: datetime, result: RefundResult | None = None) -> bool:
    changes = {"error": text, "due_at": now + STUCK_ASKED_EVERY}
    if result is not None:
        changes["provider_status"] = result.status.value
        changes["provider_refund_id"] = result.provider_refund_id
    with transaction.atomic():
        if REFUND.move_row(refund, "stick", now=now, changes=changes):
            return True
        Refund.objects.filter(pk=refund.pk, state=RefundState.STUCK).update(**changes)
    return False


def _state(refund_id: int) -> RefundState:
    return RefundState(Refund.objects.values_list("state", flat=True).get(pk=refund_id))
