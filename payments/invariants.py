"""What must always be true of money. Each check is one read-only statement."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import requests
from django.conf import settings
from django.db import connection
from django.db.models.functions import Greatest

from core.invariants import invariant
from core.money import yuan
from payments import simulated
from payments.bills import CHINA
from payments.models import MerchantAccount, Payment, PaymentIncident, Refund, TradeBill
from payments.schedule import (
    CLOSING_ASKED_EVERY,
    REFUND_ASKED_EVERY,
    REQUESTED_LIMIT,
    SUBMITTED_LIMIT,
)
from payments.states import LIVE_PAYMENT, PaymentState, RefundState

ROWS_MAX = 1000
LIVE_LIMIT = timedelta(minutes=35)
# The deadline that puts a late refund on the staff list may itself be a moment late.
SLACK = timedelta(minutes=2)
# Two books are never read at the same instant, and a notice takes its time. Money that we wait for
# is found by asking, however its notice fares.
GRACE = timedelta(minutes=1)
BILL_LIMIT = timedelta(days=3)

Found = Iterable[tuple[str, str]]


@invariant("ledger.adds_up", because="a payment's ledger rows add up to paid minus refunded")
def ledger_adds_up(now: datetime) -> Found:
    sql = """
        SELECT p.public_id, COALESCE(l.total, 0), w.expected
        FROM payments_payment p
        LEFT JOIN (SELECT payment_id, SUM(amount_fen) AS total
                   FROM payments_ledgerentry GROUP BY payment_id) l ON l.payment_id = p.id
        LEFT JOIN (SELECT payment_id, SUM(amount_fen) AS back
                   FROM payments_refund WHERE state = 'succeeded' GROUP BY payment_id) r
               ON r.payment_id = p.id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN p.state = 'succeeded' THEN p.amount_fen ELSE 0 END
                   - COALESCE(r.back, 0) AS expected) w
        WHERE COALESCE(l.total, 0) <> w.expected
    """
    for public_id, total, expected in _rows(sql):
        yield f"payment {public_id}", f"ledger {_fen(total)}, paid minus refunded {_fen(expected)}"


@invariant(
    "payments.in_ledger", because="a payment succeeded exactly when the ledger has its money"
)
def payments_in_ledger(now: datetime) -> Found:
    sql = """
        SELECT p.public_id, p.state, p.amount_fen, l.amount_fen
        FROM payments_payment p
        FULL JOIN (SELECT * FROM payments_ledgerentry WHERE kind = 'payment') l
               ON l.payment_id = p.id
        WHERE (p.state = 'succeeded') <> (l.id IS NOT NULL)
           OR (l.id IS NOT NULL AND (l.amount_fen, l.account_id, l.store_id, l.order_ref)
                               <> (p.amount_fen, p.account_id, p.store_id, p.order_ref))
    """
    for public_id, state, amount, entry in _rows(sql):
        yield f"payment {public_id}", f"{state} {yuan(amount)}, ledger {_fen(entry)}"


@invariant("refunds.in_ledger", because="a refund succeeded exactly when the ledger has it leave")
def refunds_in_ledger(now: datetime) -> Found:
    sql = """
        SELECT r.public_id, r.state, r.amount_fen, l.amount_fen
        FROM payments_refund r
        LEFT JOIN payments_ledgerentry l ON l.refund_id = r.id
        WHERE (r.state = 'succeeded') <> (l.id IS NOT NULL)
           OR (l.id IS NOT NULL AND (l.amount_fen, l.payment_id, l.store_id, l.order_ref)
                               <> (-r.amount_fen, r.payment_id, r.store_id, r.order_ref))
    """
    for public_id, state, amount, entry in _rows(sql):
        yield f"refund {public_id}", f"{state} {yuan(amount)}, ledger {_fen(entry)}"


@invariant("payments.refunded", because="what a payment says was asked back is what refunds ask")
def payments_refunded(now: datetime) -> Found:
    sql = """
        SELECT p.public_id, p.refunded_fen, COALESCE(r.total, 0)
        FROM payments_payment p
        LEFT JOIN (SELECT payment_id, SUM(amount_fen) AS total
                   FROM payments_refund GROUP BY payment_id) r ON r.payment_id = p.id
        WHERE p.refunded_fen <> COALESCE(r.total, 0)
    """
    for public_id, stored, total in _rows(sql):
        yield f"payment {public_id}", f"says {_fen(stored)} asked back, refunds {_fen(total)}"


@invariant("payments.in_time", because="no attempt is live 35 minutes after its window")
def payments_in_time(now: datetime) -> Found:
    late = Payment.objects.filter(state__in=LIVE_PAYMENT, expires_at__lt=now - LIVE_LIMIT)
    for public_id, state, expires_at in late.order_by("pk").values_list(
        "public_id", "state", "expires_at"
    )[:ROWS_MAX]:
        yield f"payment {public_id}", f"{state}, its window ended {expires_at.isoformat()}"


@invariant("refunds.in_time", because="a refund is final, in time, or on the staff list")
def refunds_in_time(now: datetime) -> Found:
    # One of many parts of a payment waits for its turn; what is tried has its limit from then on.
    tried = Greatest("requested_at", "turn_at", "first_asked_at")
    requested = Refund.objects.annotate(tried_at=tried).filter(
        state=RefundState.REQUESTED, tried_at__lt=now - REQUESTED_LIMIT - SLACK
    )
    submitted = Refund.objects.filter(
        state=RefundState.SUBMITTED, submitted_at__lt=now - SUBMITTED_LIMIT - SLACK
    )
    for rows in (requested, submitted):
        for public_id, state, since in rows.order_by("pk").values_list(
            "public_id", "state", "requested_at"
        )[:ROWS_MAX]:
            yield f"refund {public_id}", f"{state}, asked for {since.isoformat()}"


@invariant(
    "bills.matched",
    because="three days later every bill is here and matched, or a person has said why not",
)
def bills_matched(now: datetime) -> Found:
    late = TradeBill.objects.filter(
        matched_at=None, explained_at=None, day__lt=(now - BILL_LIMIT).astimezone(CHINA).date()
    ).select_related("account")
    for bill in late.order_by("pk")[:ROWS_MAX]:
        yield f"bill {bill.account.mchid} {bill.day}", bill.error or "never fetched"


@invariant("books.agree", because="our books and the simulator's agree fen for fen")
def books_agree(now: datetime) -> Found:
    if not settings.SIMULATOR_URL:
        return
    for account in MerchantAccount.objects.only("pk", "mchid").order_by("pk"):
        try:
            theirs = simulated.books(account.mchid)
        except requests.RequestException as error:
            yield "simulator", f"books are not compared, nobody answers: {type(error).__name__}"
            return
        yield from _payments_agree(account, theirs, now=now)
        yield from _refunds_agree(account, theirs, now=now)


def _payments_agree(account: MerchantAccount, theirs: dict[str, Any], *, now: datetime) -> Found:
    """Money that came in there is in our ledger or an incident, and none is here alone."""
    rows = Payment.objects.filter(account=account)
    paid = rows.filter(state=PaymentState.SUCCEEDED)
    ours = dict(paid.values_list("out_trade_no", "amount_fen"))
    live = set(rows.filter(state__in=LIVE_PAYMENT).values_list("out_trade_no", flat=True))
    known = set(PaymentIncident.objects.filter(account=account).values_list("reference", flat=True))
    for one in theirs["payments"]:
        if not one["paid_at"]:
            continue
        number, fen = one["out_trade_no"], one["total_fen"]
        here = ours.pop(number, None)
        if here == fen or (here is None and {one["transaction_id"], number} & known):
            continue
        wait = CLOSING_ASKED_EVERY if number in live else timedelta()
        if here is not None or _at(one["paid_at"]) <= now - wait - GRACE:
            yield f"payment {number}", f"at the provider {yuan(fen)}, here {_fen(here)}"
    alone = paid.filter(out_trade_no__in=ours).exclude(paid_at__gt=now - GRACE)
    for number, fen in alone.values_list("out_trade_no", "amount_fen"):
        yield f"payment {number}", f"at the provider none, here {yuan(fen)}"


def _refunds_agree(account: MerchantAccount, theirs: dict[str, Any], *, now: datetime) -> Found:
    rows = Refund.objects.filter(payment__account=account)
    back = rows.filter(state=RefundState.SUCCEEDED)
    ours = dict(back.values_list("out_refund_no", "amount_fen"))
    awaited = dict(
        rows.exclude(state=RefundState.SUCCEEDED).values_list("out_refund_no", "amount_fen")
    )
    for one in theirs["refunds"]:
        if one["state"].upper() != "SUCCESS":
            continue
        number, fen = one["out_refund_no"], one["refund_fen"]
        here = ours.pop(number, None)
        if here == fen:
            continue
        wait = REFUND_ASKED_EVERY if awaited.get(number) == fen else timedelta()
        if here is not None or _at(one["succeeded_at"]) <= now - wait - GRACE:
            yield f"refund {number}", f"at the provider {yuan(fen)}, here {_fen(here)}"
    alone = back.filter(out_refund_no__in=ours).exclude(succeeded_at__gt=now - GRACE)
    for number, fen in alone.values_list("out_refund_no", "amount_fen"):
        yield f"refund {number}", f"at the provider none, here {yuan(fen)}"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _fen(amount: Any) -> str:
    """Yuan of a column that may be absent; a SUM comes as a Decimal of whole fen."""
    return "none" if amount is None else yuan(int(amount))


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT {ROWS_MAX}")
        return cursor.fetchall()
