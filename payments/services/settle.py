"""Money came in: recorded first. What it means is decided by those who hear the fact."""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction

from payments.gateway import gateway_for
from payments.gateway.base import GatewayError, Trade, TradeState
from payments.models import LedgerEntry, MerchantAccount, Payment, PaymentIncident
from payments.services.incidents import incident_record
from payments.states import PAYMENT, PaymentState

log = logging.getLogger(__name__)

Kind = PaymentIncident.Kind
TRANSACTION_ONCE = "payments_transaction_once"


class TransactionTaken(Exception):
    """The provider's number stands on another payment of the account already."""


def payment_settle(
    *, payment_id: int, transaction_id: str, amount_fen: int, paid_at: datetime, now: datetime
) -> bool:
    """Record the money: state, ledger row and fact, in one transaction of its own.

    From every state, closed included: the provider is the authority. False when it was recorded
    before. Raises ValueError for an amount that is not the payment's, and TransactionTaken: these are
    never settled.
    """
    with transaction.atomic():
        payment = Payment.objects.get(pk=payment_id)
        if payment.amount_fen != amount_fen:
            raise ValueError(f"payment {payment_id}: {amount_fen} fen is not its amount")
        changes = {"transaction_id": transaction_id, "paid_at": paid_at, "due_at": None}
        try:
            if not PAYMENT.move_row(payment, "settle", now=now, changes=changes):
                return False
        except IntegrityError as error:
            # Nothing of this transaction stays: who asks first cannot know who settles meanwhile.
            if TRANSACTION_ONCE in str(error):
                raise TransactionTaken(transaction_id) from error
            raise
        LedgerEntry.objects.create(
            store_id=payment.store_id,
            account_id=payment.account_id,
            payment=payment,
            order_ref=payment.order_ref,
            kind=LedgerEntry.Kind.PAYMENT,
            amount_fen=amount_fen,
            entered_at=now,
        )
    return True


def payment_poll(*, payment_id: int, now: datetime) -> PaymentState:
    """Ask the provider about an attempt and record what is new; the state it is in now.

    No transaction may be open. A provider that is silent changes nothing and raises nothing.
    """
    payment = Payment.objects.select_related("account").get(pk=payment_id)
    if payment.asked_at is None or payment.state == PaymentState.SUCCEEDED:
        return PaymentState(payment.state)
    try:
        trade = gateway_for(payment.account).query(payment.out_trade_no)
    except GatewayError as error:
        log.info("payment %s: %s", payment_id, error)
        return PaymentState(payment.state)
    if trade.state == TradeState.PAID:
        trade_settle(payment.account, payment, trade, now=now)
    return PaymentState(Payment.objects.values_list("state", flat=True).get(pk=payment_id))


def trade_settle(
    account: MerchantAccount, payment: Payment | None, trade: Trade, *, now: datetime
) -> bool:
    """Settle a paid trade if it fits; if not, it becomes an incident. True when it fits.

    `account` is where it came from and `payment` what it is about. Notices and polling both end
    here.
    """
    kind = misfit(account, payment, trade)
    if kind is None and payment is not None and trade.amount_fen is not None:
        try:
            payment_settle(
                payment_id=payment.pk,
                transaction_id=trade.transaction_id,
                amount_fen=trade.amount_fen,
                paid_at=trade.paid_at or now,
                now=now,
            )
        except TransactionTaken:
            kind = Kind.TRANSACTION
        else:
            return True
    incident_record(
        account=account,
        kind=kind or Kind.UNKNOWN,
        reference=trade.transaction_id or trade.out_trade_no,
        amount_fen=trade.amount_fen or 0,
        detail=trade.raw,
        now=now,
        payment=payment,
    )
    return False


def misfit(account: MerchantAccount, payment: Payment | None, trade: Trade) -> str | None:
    """The first thing about a paid trade that is not what this account and payment say."""
    if payment is None or payment.account_id != account.pk:
        known = [(Kind.UNKNOWN, False)]
    else:
        known = [
            (Kind.UNKNOWN, trade.out_trade_no == payment.out_trade_no),
            (Kind.UNKNOWN, trade.state == TradeState.PAID),
            (Kind.CURRENCY, trade.currency == "CNY"),
            (Kind.AMOUNT, trade.amount_fen == payment.amount_fen),
            (Kind.TRANSACTION, payment.transaction_id in ("", trade.transaction_id)),
        ]
    ours = [
        (Kind.MERCHANT, (trade.mchid, trade.sp_mchid) == (account.mchid, account.sp_mchid)),
        (Kind.APPID, trade.appid == account.appid),
    ]
    return next((kind for kind, fits in ours + known if not fits), None)
