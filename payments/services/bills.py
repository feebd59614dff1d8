"""The day's bill: asked for until it comes, kept and matched in one transaction, or on a staff list.

A bill that was kept but not matched would never be asked for again; the database refuses one. "No
bill" is an answer too early as often as a day without trade: our own books tell which.
"""

import hashlib
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q

from core.facts import facts_record
from payments.bills import CHINA, BillRow, BillUnreadable, bill_parse, day_begins
from payments.events import BillMatched
from payments.gateway import gateway_for
from payments.gateway.base import GatewayError
from payments.locks import bill_locked
from payments.models import BillLine, MerchantAccount, Payment, TradeBill
from payments.services.matching import (
    Difference,
    differences_of,
    differences_record,
    unbilled,
)
from payments.services.refusals import bill_refusal_text

# Bills exist from ten in the morning; half an hour more, because everybody asks at ten.
READY_AT = time(10, 30)
# As far back as an outage is made up for: WeChat Pay keeps bills for three months, 89 days at least.
DAYS_BACK = 88


def bills_wanted(*, now: datetime) -> list[tuple[int, date]]:
    """(account id, day) of the bills that exist by now, did not come yet, and are still missed."""
    today = now.astimezone(CHINA).date()
    last = 1 if now.astimezone(CHINA).time() >= READY_AT else 2
    days = [today - timedelta(days=n) for n in range(last, DAYS_BACK + 1)]
    accounts = MerchantAccount.objects.filter(
        Q(is_active=True)
        | Q(pk__in=Payment.objects.filter(paid_at__gte=day_begins(days[-1])).values("account"))
    )
    done = TradeBill.objects.filter(day__in=days).exclude(matched_at=None, explained_at=None)
    known = set(done.values_list("account_id", "day"))
    return [
        (account.pk, day)
        for account in accounts.only("pk", "created_at").order_by("pk")
        for day in days
        if (account.pk, day) not in known and day >= account.created_at.astimezone(CHINA).date()
    ]


def bill_fetch(*, account_id: int, day: date, now: datetime) -> TradeBill:
    """Fetch, keep and match one day's bill; the kept one when that was done before.

    No transaction may be open. Raises GatewayError, also when there is no bill though money of
    ours may belong into it, and BillUnreadable for a file that cannot be read or does not add up:
    then nothing of it is kept but why, and it is asked for again.
    """
    known = TradeBill.objects.filter(account_id=account_id, day=day, matched_at__isnull=False)
    if bill := known.first():
        return bill
    account = MerchantAccount.objects.get(pk=account_id)
    try:
        content = gateway_for(account).trade_bill(day)
        if not content and unbilled(account_id=account_id, day=day):
            raise GatewayError(
                GatewayError.BILL_LATE, "no bill of a day with money", permanent=False
            )
        rows = bill_parse(content, mchid=account.mchid) if content else []
    except (GatewayError, BillUnreadable) as error:
        bill = _bill(account, day)
        TradeBill.objects.filter(pk=bill.pk, matched_at=None).update(
            tried_at=now, error=bill_refusal_text(error)
        )
        raise
    with transaction.atomic():
        return _kept(_bill(account, day), content, rows, now=now)


def bill_differ(*, bill_id: int, orders: dict[str, tuple[int, int]], now: datetime) -> int:
    """Orders differ from what their payments and refunds leave: by their public id, what each keeps
    and what is left of its money, in fen. How many of these are new."""
    with transaction.atomic():
        bill = bill_locked(bill_id)
        found = [
            Difference("order", "amount", order_ref, order_ref, keeps_fen, left_fen)
            for order_ref, (keeps_fen, left_fen) in orders.items()
        ]
        return differences_record(bill, found, now=now)


def _bill(account: MerchantAccount, day: date) -> TradeBill:
    bill, _is_new = TradeBill.objects.get_or_create(
        account=account, day=day, defaults={"store_id": account.store_id}
    )
    return bill


def _kept(bill: TradeBill, content: bytes, rows: list[BillRow], *, now: datetime) -> TradeBill:
    """The bill with its lines, matched; as it is when another worker was first."""
    bill = bill_locked(bill.pk)
    if bill.matched_at is not None:
        return bill
    BillLine.objects.bulk_create(
        [
            BillLine(
                store_id=bill.store_id,
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
                provider_refund_id=row.provider_refund_id,
                refund_status=row.refund_status,
            )
            for row in rows
        ],
        batch_size=2000,
    )
    bill.checksum = hashlib.sha1(content).hexdigest() if content else ""  # noqa: S324
    bill.lines, bill.fetched_at, bill.error = len(rows), now, ""
    _matched(bill, now=now)
    return bill


def _matched(bill: TradeBill, *, now: datetime) -> None:
    differences_record(bill, differences_of(bill), now=now)
    bill.matched_at = now
    bill.save(update_fields=["checksum", "lines", "fetched_at", "error", "matched_at"])
    facts_record(BillMatched.of(bill), now=now)
