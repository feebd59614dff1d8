"""The day's bill: fetched once, its lines kept, and matched with what we believe.

Four books meet here and in `orders/invariants.py`: the bill, our payments and refunds, their
ledger rows, and the orders that keep the money. A difference is shown until a person explains it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Q

from payments.bills import CHINA, PAID, REFUNDED, BillRow, bill_parse
from payments.gateway import gateway_for
from payments.models import (
    BillDifference,
    BillLine,
    MerchantAccount,
    Payment,
    Refund,
    TradeBill,
)
from payments.states import PaymentState, RefundState

# Bills exist from ten in the morning; half an hour more, because everybody asks at ten.
READY_AT = time(10, 30)
# As far back as an outage is made up for. WeChat Pay keeps bills for three months.
DAYS_BACK = 7
# What happens so close to midnight may stand in the next day's bill.
EDGE = timedelta(minutes=10)


def bills_wanted(*, now: datetime) -> list[tuple[int, date]]:
    """(account id, day) of the bills that exist by now and were not fetched yet."""
    today = now.astimezone(CHINA).date()
    last = 1 if now.astimezone(CHINA).time() >= READY_AT else 2
    days = [today - timedelta(days=n) for n in range(last, DAYS_BACK + 1)]
    accounts = MerchantAccount.objects.filter(
        Q(is_active=True)
        | Q(pk__in=Payment.objects.filter(paid_at__gte=day_begins(days[-1])).values("account"))
    )
    known = set(TradeBill.objects.filter(day__in=days).values_list("account_id", "day"))
    return [
        (account.pk, day)
        for account in accounts.only("pk", "created_at").order_by("pk")
        for day in days
        if (account.pk, day) not in known and day >= account.created_at.astimezone(CHINA).date()
    ]


def bill_fetch(*, account_id: int, day: date, now: datetime) -> TradeBill:
    """Fetch, keep and match one day's bill; the kept one when it was fetched before.

    No transaction may be open. Raises GatewayError, and BillUnreadable for a file that cannot be
    read or does not add up: then nothing is kept, and it is asked for again.
    """
    known = TradeBill.objects.filter(account_id=account_id, day=day).first()
    if known is not None:
        return known
    account = MerchantAccount.objects.get(pk=account_id)
    content = gateway_for(account).trade_bill(day)
    rows = bill_parse(content, mchid=account.mchid) if content else []
    with transaction.atomic():
        bill = _kept(account, day, content, rows, now=now)
    bill_match(bill_id=bill.pk, now=now)
    bill.refresh_from_db()
    return bill


def _kept(
    account: MerchantAccount, day: date, content: bytes, rows: list[BillRow], *, now: datetime
) -> TradeBill:
    bill, is_new = TradeBill.objects.get_or_create(
        account=account,
        day=day,
        defaults={
            "store_id": account.store_id,
            "checksum": hashlib.sha1(content).hexdigest() if content else "",  # noqa: S324
            "lines": len(rows),
            "fetched_at": now,
        },
    )
    if is_new:
        BillLine.objects.bulk_create(
            [
                BillLine(
                    store_id=account.store_id,
                    bill=bill,
                    number=row.number,
                    kind=row.kind,
                    happened_at=row.happened_at,
                    transaction_id=row.transaction_id,
                    out_trade_no=row.out_trade_no,
                    out_refund_no=row.out_refund_no,
                    amount_fen=row.amount_fen,
                    refund_fen=row.refund_fen,
                    fee_text=row.fee_text,
                )
                for row in rows
            ],
            batch_size=2000,
        )
    return bill


@dataclass(frozen=True)
class _Found:
    side: str
    kind: str
    reference: str
    order_ref: str
    ours_fen: int | None
    theirs_fen: int | None


def bill_match(*, bill_id: int, now: datetime) -> int:
    """Compare a bill with our books; how many differences are new. Matching again adds nothing."""
    with transaction.atomic():
        bill = TradeBill.objects.get(pk=bill_id)
        found = [*_payments(bill), *_refunds(bill)]
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
        TradeBill.objects.filter(pk=bill_id).update(matched_at=now)
        return bill.differences.count() - before


def difference_explain(*, difference_id: int, explanation: str, by_id: int, now: datetime) -> bool:
    """A person says what it was; it leaves the staff list. False when that was said before.

    Raises ValueError for an empty explanation.
    """
    text = explanation.strip()
    if not text:
        raise ValueError("an explanation says something")
    open_one = BillDifference.objects.filter(pk=difference_id, explained_at=None)
    return bool(open_one.update(explained_at=now, explanation=text, explained_by=by_id))


def day_begins(day: date) -> datetime:
    """Midnight in China."""
    return datetime.combine(day, time(0), tzinfo=CHINA)


def _payments(bill: TradeBill) -> Iterator[_Found]:
    """Money in: every line is a payment of ours, and every payment of the day has its line."""
    sql = """
        SELECT line.out_trade_no, line.amount_fen, line.transaction_id,
            p.amount_fen, p.transaction_id, COALESCE(p.order_ref, '')
        FROM payments_billline line
        LEFT JOIN payments_payment p ON p.out_trade_no = line.out_trade_no
            AND p.account_id = %s AND p.state = %s
        WHERE line.bill_id = %s AND line.kind = %s
    """
    side = BillDifference.Side.PAYMENT
    for number, theirs, their_id, ours, our_id, order in _rows(
        sql, bill.account_id, PaymentState.SUCCEEDED, bill.pk, PAID
    ):
        if ours is None:
            yield _Found(side, BillDifference.Kind.NOT_HERE, number, order, None, theirs)
        elif ours != theirs:
            yield _Found(side, BillDifference.Kind.AMOUNT, number, order, ours, theirs)
        elif our_id != their_id:
            yield _Found(side, BillDifference.Kind.NUMBER, number, order, ours, theirs)
    begins = day_begins(bill.day)
    lines = BillLine.objects.filter(bill__account=bill.account_id, kind=PAID)
    lost = Payment.objects.filter(
        account=bill.account_id,
        state=PaymentState.SUCCEEDED,
        paid_at__gte=begins - EDGE,
        paid_at__lt=begins + timedelta(days=1) - EDGE,
    ).exclude(out_trade_no__in=lines.values("out_trade_no"))
    for payment in lost:
        yield _Found(
            side,
            BillDifference.Kind.NOT_THERE,
            payment.out_trade_no,
            payment.order_ref,
            payment.amount_fen,
            None,
        )


def _refunds(bill: TradeBill) -> Iterator[_Found]:
    """Money back: every line is a refund of ours, and every one handed over that day has its line."""
    sql = """
        SELECT line.out_refund_no, line.refund_fen, r.amount_fen, COALESCE(r.order_ref, '')
        FROM payments_billline line
        LEFT JOIN (payments_refund r JOIN payments_payment p ON p.id = r.payment_id)
            ON r.out_refund_no = line.out_refund_no AND p.account_id = %s
        WHERE line.bill_id = %s AND line.kind = %s
    """
    side = BillDifference.Side.REFUND
    for number, theirs, ours, order in _rows(sql, bill.account_id, bill.pk, REFUNDED):
        if ours is None:
            yield _Found(side, BillDifference.Kind.NOT_HERE, number, order, None, theirs)
        elif ours != theirs:
            yield _Found(side, BillDifference.Kind.AMOUNT, number, order, ours, theirs)
    begins = day_begins(bill.day)
    lines = BillLine.objects.filter(bill__account=bill.account_id, kind=REFUNDED)
    lost = Refund.objects.filter(
        payment__account=bill.account_id,
        state__in=[RefundState.SUBMITTED, RefundState.SUCCEEDED],
        submitted_at__gte=begins - EDGE,
        submitted_at__lt=begins + timedelta(days=1) - EDGE,
    ).exclude(out_refund_no__in=lines.values("out_refund_no"))
    for refund in lost:
        yield _Found(
            side,
            BillDifference.Kind.NOT_THERE,
            refund.out_refund_no,
            refund.order_ref,
            refund.amount_fen,
            None,
        )


def _rows(sql: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))  # type: ignore[arg-type]
        return cursor.fetchall()
