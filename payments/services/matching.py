"""A bill beside our books: every line is money that we know, and all that we know has its line.

Four books meet: the bill and our payments and refunds here; their ledger rows in
`payments/invariants.py`; and the orders that keep the money, which compare themselves when they
hear of `bill.matched`. A difference is shown until a person explains it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from payments.bills import PAID, REFUNDED, day_may_hold, day_missed_in
from payments.models import BillDifference, BillLine, Payment, Refund, TradeBill
from payments.states import PaymentState, RefundState

# What a refund of ours may be by the time the bill tells how it went (doc 4013071215); anything else
# that a bill says of it means that the money did not arrive.
_MAY_BE: dict[str, tuple[str, ...]] = {
    "SUCCESS": (RefundState.SUCCEEDED,),
    "PROCESSING": (RefundState.SUBMITTED, RefundState.SUCCEEDED, RefundState.STUCK),
    "CHANGE": (RefundState.SUCCEEDED, RefundState.STUCK),
}

Kind, Side = BillDifference.Kind, BillDifference.Side


@dataclass(frozen=True)
class Difference:
    """Where two books disagree about `reference`, in fen; None where one of them has nothing."""

    side: str
    kind: str
    reference: str
    order_ref: str
    ours_fen: int | None
    theirs_fen: int | None


def differences_record(bill: TradeBill, found: Iterable[Difference], *, now: datetime) -> int:
    """Keep what is new, in the caller's transaction; how many that are. Told again, nothing is."""
    before = bill.differences.count()
    BillDifference.objects.bulk_create(
        [
            BillDifference(
                store_id=bill.store_id,
                bill=bill,
                side=one.side,
                kind=one.kind,
                reference=one.reference,
                order_ref=one.order_ref,
                ours_fen=one.ours_fen,
                theirs_fen=one.theirs_fen,
                found_at=now,
            )
            for one in found
        ],
        ignore_conflicts=True,
    )
    return bill.differences.count() - before


def differences_of(bill: TradeBill) -> Iterator[Difference]:
    """Bill against payments and refunds, both ways."""
    yield from _payments(bill)
    yield from _refunds(bill)


def unbilled(*, account_id: int, day: date) -> bool:
    """Whether money of ours may belong into the bill of that day, and is in no other."""
    during = day_may_hold(day)
    return _unbilled_in(account_id, during).exists() or _unbilled_back(account_id, during).exists()


def _unbilled_in(account_id: int, during: tuple[datetime, datetime]) -> QuerySet[Payment]:
    # NOT EXISTS is a join; NOT IN would go through every line of the account for each payment.
    lines = BillLine.objects.filter(
        bill__account=account_id, kind=PAID, out_trade_no=OuterRef("out_trade_no")
    )
    return Payment.objects.filter(
        ~Exists(lines),
        account=account_id,
        state=PaymentState.SUCCEEDED,
        paid_at__gte=during[0],
        paid_at__lt=during[1],
    )


def _unbilled_back(account_id: int, during: tuple[datetime, datetime]) -> QuerySet[Refund]:
    lines = BillLine.objects.filter(
        bill__account=account_id, kind=REFUNDED, out_refund_no=OuterRef("out_refund_no")
    )
    # A refund whose first answer was lost may never have been `submitted`.
    handed = Coalesce("submitted_at", "asked_at", "succeeded_at")
    return Refund.objects.annotate(handed_at=handed).filter(
        ~Exists(lines),
        payment__account=account_id,
        state__in=[RefundState.SUBMITTED, RefundState.SUCCEEDED],
        handed_at__gte=during[0],
        handed_at__lt=during[1],
    )


def _payments(bill: TradeBill) -> Iterator[Difference]:
    """Money in: every line is a payment of ours, and every payment of the day has its line."""
    sql = f"""
        SELECT line.out_trade_no, line.amount_fen, line.transaction_id,
            p.amount_fen, p.transaction_id, COALESCE(p.order_ref, ''), {_listed("out_trade_no")}
        FROM payments_billline line
        LEFT JOIN payments_payment p ON p.out_trade_no = line.out_trade_no
            AND p.account_id = %(account)s AND p.state = '{PaymentState.SUCCEEDED}'
        WHERE line.bill_id = %(bill)s AND line.kind = %(kind)s
    """
    for number, theirs, their_id, ours, our_id, order, is_twice in _lines(sql, bill, PAID):
        kind = ""
        if ours is None:
            kind = Kind.NOT_HERE
        elif is_twice:
            kind = Kind.TWICE
        elif ours != theirs:
            kind = Kind.AMOUNT
        elif our_id != their_id:
            kind = Kind.NUMBER
        if kind:
            yield Difference(Side.PAYMENT, kind, number, order, ours, theirs)
    for one in _unbilled_in(bill.account_id, day_missed_in(bill.day)):
        yield Difference(
            Side.PAYMENT, Kind.NOT_THERE, one.out_trade_no, one.order_ref, one.amount_fen, None
        )


def _refunds(bill: TradeBill) -> Iterator[Difference]:
    """Money back: every line is a refund of ours, and every one handed over that day has its line."""
    sql = f"""
        SELECT line.out_refund_no, line.refund_fen, line.provider_refund_id, line.refund_status,
            r.amount_fen, r.provider_refund_id, r.state, COALESCE(r.order_ref, ''),
            {_listed("out_refund_no")}
        FROM payments_billline line
        LEFT JOIN (payments_refund r JOIN payments_payment p ON p.id = r.payment_id)
            ON r.out_refund_no = line.out_refund_no AND p.account_id = %(account)s
        WHERE line.bill_id = %(bill)s AND line.kind = %(kind)s
    """
    for row in _lines(sql, bill, REFUNDED):
        number, theirs, their_id, status, ours, our_id, state, order, is_twice = row
        kind = ""
        if ours is None:
            kind = Kind.NOT_HERE
        elif is_twice:
            kind = Kind.TWICE
        elif ours != theirs:
            kind = Kind.AMOUNT
        elif state not in _MAY_BE.get(status, (RefundState.STUCK,)):
            kind = Kind.STATE
        elif our_id != their_id:
            kind = Kind.NUMBER
        if kind:
            yield Difference(Side.REFUND, kind, number, order, ours, theirs)
    for one in _unbilled_back(bill.account_id, day_missed_in(bill.day)):
        yield Difference(
            Side.REFUND, Kind.NOT_THERE, one.out_refund_no, one.order_ref, one.amount_fen, None
        )


def _listed(number: str) -> str:
    """SQL: whether an earlier line of the account's bills is of the same money."""
    return f"""EXISTS (
        SELECT 1 FROM payments_billline other JOIN payments_tradebill b ON b.id = other.bill_id
        WHERE other.{number} = line.{number} AND other.kind = line.kind
            AND other.id < line.id AND b.account_id = %(account)s
    )"""


def _lines(sql: str, bill: TradeBill, kind: str) -> list[tuple]:  # type: ignore[type-arg]
    with connection.cursor() as cursor:
        cursor.execute(sql, {"account": bill.account_id, "bill": bill.pk, "kind": kind})
        return cursor.fetchall()
