"""Close an attempt: at the provider first, here afterwards."""

import logging
from datetime import datetime

from django.db import transaction

from payments.gateway import gateway_for
from payments.gateway.base import GatewayError, TradeState
from payments.locks import live_payment_locked, payment_locked
from payments.models import Payment
from payments.services.open import payment_reopen
from payments.services.settle import trade_settle
from payments.states import PAYMENT, PaymentState

log = logging.getLogger(__name__)


def payment_begin_close(*, order_ref: str, now: datetime) -> None:
    """The order takes no money any more: its live attempt starts closing, in the caller's
    transaction (order → payment, as the lock sequence wants).

    An attempt the provider has never heard of is closed at once. One that was closing only to
    make room for another channel gets no successor now. Without a live attempt nothing happens.
    """
    payment = live_payment_locked(order_ref)
    if payment is None:
        return
    if payment.state == PaymentState.CLOSING:
        Payment.objects.filter(pk=payment.pk).update(switch_to="", due_at=now)
    else:
        begin_close(payment, switch_to="", now=now)
    if payment.asked_at is None:
        _close_move(payment, now=now)


def begin_close(payment: Payment, *, switch_to: str, now: datetime) -> bool:
    """Move a locked attempt to closing; `switch_to` names the channel of its successor."""
    changes = {"closing_at": now, "switch_to": switch_to, "due_at": now}
    return PAYMENT.move_row(payment, "begin_close", now=now, changes=changes)


def payment_close(*, payment_id: int, now: datetime) -> bool:
    """Ask the provider about a closing attempt: paid is settled, anything else is closed there
    and then here. True when it is closed.

    No transaction may be open. False also when the provider is silent: it will be asked again.
    """
    payment = Payment.objects.select_related("account").get(pk=payment_id)
    if payment.state == PaymentState.CLOSED:
        return True
    if payment.state != PaymentState.CLOSING:
        return False
    if payment.asked_at is not None and not _closed_there(payment, now=now):
        return False
    return _close_here(payment_id, now=now)


def _closed_there(payment: Payment, *, now: datetime) -> bool:
    """Whether the provider takes no money for it; a payment found there is settled."""
    try:
        gateway = gateway_for(payment.account)
        try:
            trade = gateway.query(payment.out_trade_no)
        except GatewayError as error:
            # Never heard of: whatever we sent gave nobody a prepay id, so nobody can pay it.
            if error.not_found:
                return True
            raise
        if trade.state == TradeState.UNPAID:
            try:
                gateway.close(payment.out_trade_no)
            except GatewayError as error:
                # Paid or closed between the two questions: ask once more.
                if not error.permanent:
                    raise
                trade = gateway.query(payment.out_trade_no)
            else:
                return True
    except GatewayError as error:
        log.info("payment %s cannot be closed yet: %s", payment.pk, error)
        return False
    if trade.state == TradeState.PAID:
        trade_settle(payment.account, payment, trade, now=now)
    return trade.state == TradeState.CLOSED


def _close_here(payment_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        payment = payment_locked(payment_id)
        if not _close_move(payment, now=now):
            return payment.state == PaymentState.CLOSED
        if payment.switch_to and now < payment.expires_at:
            payment_reopen(payment, channel=payment.switch_to, now=now)
    return True


def _close_move(payment: Payment, *, now: datetime) -> bool:
    return PAYMENT.move_row(payment, "close", now=now, changes={"closed_at": now, "due_at": None})
