"""What a bill says of refunds, and what it says twice."""

from datetime import timedelta

import pytest

from core import clock
from payments.models import Payment, Refund
from payments.services import RefundReason, bill_fetch, refund_request, refund_settle, refund_submit
from payments.tests.factories import merchant_account_make, payment_paid_make
from payments.tests.test_bills import DAY, MCHID, NOON, bill_of, differences, line, ours

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db):
    return merchant_account_make(mchid=MCHID)


@pytest.fixture
def paid(account):
    payment = payment_paid_make(account=account, amount_fen=1250)
    Payment.objects.filter(pk=payment.pk).update(paid_at=NOON)
    payment.refresh_from_db()
    return payment


@pytest.fixture
def back(fake, paid):
    """All of it on its way back since noon."""
    refund = refund_request(
        payment_id=paid.pk, amount_fen=1250, reason=RefundReason.CANCELLED, now=NOON
    )
    refund_submit(refund_id=refund.pk, now=NOON)
    refund.refresh_from_db()
    return refund


def fetch(account, day=DAY):
    return bill_fetch(account_id=account.pk, day=day, now=clock.now())


def told(refund, fen=1250, *, status="PROCESSING", refund_id=None):
    """The bill's line about a refund of ours."""
    return line(
        refund.payment.out_trade_no,
        0,
        refund=refund.out_refund_no,
        back_fen=fen,
        status=status,
        refund_id=refund_id or refund.provider_refund_id,
    )


def bill_with(paid, *refunds, back_fen=1250):
    return bill_of(ours(paid), *refunds, total_fen=1250, back_fen=back_fen)


@pytest.mark.parametrize(("told_fen", "kind"), [(1250, ""), (1249, "amount"), (None, "not_there")])
def test_a_refund_is_matched_both_ways(fake, account, paid, back, told_fen, kind):
    lines = [] if told_fen is None else [told(back, told_fen)]
    fake.bills[DAY] = bill_with(paid, *lines, back_fen=told_fen or 0)
    fetch(account)
    wanted = [("refund", kind, back.out_refund_no, 1250, told_fen)] if kind else []
    assert differences() == wanted


def test_a_refund_under_another_number_of_theirs_is_named(fake, account, paid, back):
    fake.bills[DAY] = bill_with(paid, told(back, refund_id="50999"))
    fetch(account)
    assert differences() == [("refund", "number", back.out_refund_no, 1250, 1250)]


@pytest.mark.parametrize(
    ("here", "status", "kind"),
    [
        ("succeeded", "SUCCESS", None),
        ("succeeded", "PROCESSING", None),
        ("submitted", "PROCESSING", None),
        ("stuck", "CHANGE", None),
        ("stuck", "FAIL", None),
        ("submitted", "SUCCESS", "state"),
        ("requested", "PROCESSING", "state"),
        ("succeeded", "FAIL", "state"),
        ("submitted", "CHANGE", "state"),
    ],
)
def test_how_a_refund_went_is_compared(fake, account, paid, back, here, status, kind):
    Refund.objects.filter(pk=back.pk).update(state=here)
    fake.bills[DAY] = bill_with(paid, told(back, status=status))
    fetch(account)
    found = [one for one in differences() if one[0] == "refund"]
    assert found == ([("refund", kind, back.out_refund_no, 1250, 1250)] if kind else [])


def test_a_refund_that_nobody_asked_for_is_named(fake, account, paid):
    strange = line(paid.out_trade_no, 0, refund="r-strange", back_fen=5)
    fake.bills[DAY] = bill_with(paid, strange, back_fen=5)
    fetch(account)
    assert differences() == [("refund", "not_here", "r-strange", None, 5)]


def test_a_refund_whose_only_answer_was_its_success_is_missed(fake, account, paid):
    refund = refund_request(payment_id=paid.pk, reason=RefundReason.CANCELLED, now=NOON)
    fake.fail("refund", "SILENT")
    assert refund_submit(refund_id=refund.pk, now=NOON) == "requested"
    refund_settle(
        refund_id=refund.pk,
        provider_refund_id="50",
        amount_fen=1250,
        succeeded_at=NOON,
        now=NOON,
    )
    fake.bills[DAY] = bill_with(paid, back_fen=0)
    fetch(account)
    assert differences() == [("refund", "not_there", refund.out_refund_no, 1250, None)]


def test_a_payment_that_a_bill_lists_twice_is_named(fake, account, paid):
    fake.bills[DAY] = bill_of(ours(paid), ours(paid), total_fen=2500)
    fetch(account)
    assert differences() == [("payment", "twice", paid.out_trade_no, 1250, 1250)]


def test_a_refund_that_two_bills_list_is_named(fake, account, paid, back):
    fake.bills[DAY] = bill_with(paid, told(back))
    tomorrow = DAY + timedelta(days=1)
    fake.bills[tomorrow] = bill_of(told(back), back_fen=1250)
    fetch(account)
    assert differences() == []
    fetch(account, tomorrow)
    assert differences() == [("refund", "twice", back.out_refund_no, 1250, 1250)]
