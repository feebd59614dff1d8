"""A bill that did not come is asked for again, and stays on a list until it does or is explained."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from core import clock
from core.invariants import audit
from payments import tasks
from payments.bills import BillUnreadable, day_begins
from payments.gateway.base import GatewayError
from payments.models import BillLine, TradeBill
from payments.queries import missing_bill_count
from payments.services import bill_explain, bill_fetch, bills_wanted
from payments.services import bills as bill_services
from payments.tests.factories import merchant_account_make
from payments.tests.test_bills import DAY, MCHID, bill_of, line
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
