"""A bill that did not come is asked for again, and stays on a list until it does or is explained."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from core import clock
from core.invariants import audit
from payments import tasks
from payments.bills import BillUnreadable, day_begins
from payments.gateway.base import GatewayError
from payments.models import BillDifference, BillLine, Payment, TradeBill
from payments.queries import missing_bill_count
from payments.services import (
    RefundReason,
    bill_explain,
    bill_fetch,
    bills_wanted,
    matching,
    refund_request,
    refund_submit,
)
from payments.services import bills as bill_services
from payments.tests.factories import merchant_account_make, payment_paid_make
from payments.tests.test_bills import DAY, MCHID, NOON, bill_of, line, ours
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db

NEXT_NOON = day_begins(DAY) + timedelta(days=1, hours=12)


@pytest.fixture
def account(db):
    made = merchant_account_make(mchid=MCHID)
    type(made).objects.update(created_at=day_begins(DAY))
    return made


@pytest.fixture(autouse=True)
def good_bill(fake):
    fake.bills[DAY] = bill_of(line("n1", 100), total_fen=100)
    return fake


def fetch(account):
    return bill_fetch(account_id=account.pk, day=DAY, now=clock.now())


def wanted():
    return [day for _account, day in bills_wanted(now=NEXT_NOON)]


def missed():
    later = day_begins(DAY) + timedelta(days=5)
    return [(one.row, one.detail) for one in audit(now=later, names=["bills.matched"])]


def test_a_worker_that_dies_between_keeping_and_matching_leaves_nothing(
    account, good_bill, monkeypatch
):
    def killed(_bill):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(bill_services, "differences_of", killed)
        with pytest.raises(SystemExit):
            fetch(account)
    assert (BillLine.objects.count(), wanted()) == (0, [DAY])
    bill = fetch(account)
    assert (bill.lines, bill.differences.count(), wanted()) == (1, 1, [])
    assert missed() == []


def test_the_database_keeps_no_bill_that_was_not_matched(account):
    with pytest.raises(DatabaseError, match="payments_bill_matched"), transaction.atomic():
        TradeBill.objects.create(
            store=account.store, account=account, day=DAY, fetched_at=clock.now()
        )


@pytest.mark.parametrize(
    ("spoil", "error", "says"),
    [
        (lambda fake: fake.fail("trade_bill", "SILENT"), GatewayError, "没有响应"),
        (lambda fake: fake.fail("trade_bill", "BILL_DAMAGED"), GatewayError, "校验值不符"),
        (lambda fake: fake.fail("trade_bill", "NO_AUTH"), GatewayError, "下载账单的权限"),
        (lambda fake: fake.fail("trade_bill", "NEWS"), GatewayError, "NEWS"),
        (
            lambda fake: fake.bills.update({DAY: bill_of(line("n1", 100), total_fen=9)}),
            BillUnreadable,
            "line 4",
        ),
    ],
)
def test_a_bill_that_does_not_come_is_on_the_list_until_it_does(
    account, good_bill, spoil, error, says
):
    spoil(good_bill)
    with pytest.raises(error):
        fetch(account)
    bill = TradeBill.objects.get()
    assert says in bill.error
    assert (bill.fetched_at, bill.tried_at is not None) == (None, True)
    assert (missing_bill_count(account.store_id), missing_bill_count(0)) == (1, 0)
    assert missed() == [(f"bill {MCHID} {DAY}", bill.error)]
    assert wanted() == [DAY]
    good_bill.bills[DAY] = bill_of(line("n1", 100), total_fen=100)
    assert fetch(account).error == ""
    assert (missing_bill_count(), missed(), wanted()) == (0, [], [])


def test_the_task_goes_on_after_a_bill_that_does_not_come(account, good_bill):
    good_bill.fail("trade_bill", "SILENT")
    tasks.bill_fetch(account.pk, DAY.isoformat())
    assert TradeBill.objects.get().error
    tasks.bill_fetch(account.pk, DAY.isoformat())
    assert TradeBill.objects.get().lines == 1


def test_a_bill_that_somebody_explained_is_not_asked_for_any_more(account, good_bill):
    good_bill.fail("trade_bill", "SILENT")
    with pytest.raises(GatewayError):
        fetch(account)
    bill, who = TradeBill.objects.get(), staff_make(account.store).user
    given = {"bill_id": bill.pk, "by_id": who.pk, "now": clock.now()}
    assert bill_explain(explanation="在商户平台下载后逐笔核对过", **given) is True
    assert bill_explain(explanation="改口", **given) is False
    assert (missing_bill_count(), missed(), wanted()) == (0, [], [])


def test_a_bill_has_three_days_to_come(account, good_bill):
    good_bill.fail("trade_bill", "SILENT")
    with pytest.raises(GatewayError):
        fetch(account)
    soon = day_begins(DAY) + timedelta(days=3, hours=23)
    assert audit(now=soon, names=["bills.matched"]) == []
    late = audit(now=soon + timedelta(hours=1), names=["bills.matched"])
    assert [one.invariant for one in late] == ["bills.matched"]


# --- "no bill" is said of a day without trade, and before the bill is made ---


def paid_at(account, when):
    payment = payment_paid_make(account=account, amount_fen=1250)
    Payment.objects.filter(pk=payment.pk).update(paid_at=when)
    payment.refresh_from_db()
    return payment


def refunded(account):
    """Of a payment of the week before."""
    payment = paid_at(account, NOON - timedelta(days=7))
    refund = refund_request(
        payment_id=payment.pk, amount_fen=1250, reason=RefundReason.CANCELLED, now=NOON
    )
    refund_submit(refund_id=refund.pk, now=NOON)


@pytest.mark.parametrize(
    "happens",
    [
        lambda account: paid_at(account, NOON),
        lambda account: paid_at(account, day_begins(DAY) + timedelta(hours=23, minutes=59)),
        lambda account: paid_at(account, day_begins(DAY) - timedelta(minutes=5)),
        refunded,
    ],
)
def test_no_bill_of_a_day_with_money_is_a_bill_that_did_not_come(account, good_bill, happens):
    happens(account)
    del good_bill.bills[DAY]
    for _hour in range(2):
        tasks.bill_fetch(account.pk, DAY.isoformat())
        assert "每小时再取一次" in TradeBill.objects.get().error
        assert not BillDifference.objects.exists()
        assert (wanted(), missing_bill_count(account.store_id)) == ([DAY], 1)
    tomorrow_too = bills_wanted(now=NEXT_NOON + timedelta(days=1))
    assert (account.pk, DAY) in tomorrow_too
    assert len(missed()) == 1


def test_a_bill_that_comes_late_is_kept(account, good_bill):
    payment = paid_at(account, NOON)
    late = bill_of(ours(payment), total_fen=1250)
    del good_bill.bills[DAY]
    tasks.bill_fetch(account.pk, DAY.isoformat())
    good_bill.bills[DAY] = late
    bill = fetch(account)
    assert (bill.lines, bill.error, bill.differences.count()) == (1, "", 0)
    assert (wanted(), missing_bill_count()) == ([], 0)


def test_no_bill_of_a_day_without_money_is_matched(account, good_bill):
    paid_at(account, NOON - timedelta(days=1))
    paid_at(account, NOON + timedelta(days=1))
    paid_at(merchant_account_make(), NOON)
    del good_bill.bills[DAY]
    bill = fetch(account)
    assert (bill.lines, bill.matched_at is not None, missing_bill_count()) == (0, True, 0)
    assert DAY not in wanted()


def test_money_of_midnight_that_the_next_bill_holds_is_not_waited_for(account, good_bill):
    payment = paid_at(account, day_begins(DAY) + timedelta(hours=23, minutes=59))
    tomorrow = DAY + timedelta(days=1)
    good_bill.bills = {tomorrow: bill_of(ours(payment), total_fen=1250)}
    with pytest.raises(GatewayError, match="BILL_LATE"):
        fetch(account)
    bill_fetch(account_id=account.pk, day=tomorrow, now=clock.now())
    assert fetch(account).matched_at is not None
    assert (BillDifference.objects.count(), missing_bill_count()) == (0, 0)


@pytest.mark.parametrize("rows", [matching._unbilled_in, matching._unbilled_back])
def test_what_no_bill_has_is_found_by_a_join(rows, account):
    """NOT IN would go through every line that the account ever had, for each payment of the day."""
    during = (day_begins(DAY), day_begins(DAY) + timedelta(days=1))
    plan = rows(account.pk, during).explain()
    assert "Anti Join" in plan
    assert "SubPlan" not in plan
