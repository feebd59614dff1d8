"""Refunds: a number stored first, once per reason, a minute apart, stuck ones for a person."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from core import clock
from core.deliveries import deliveries_sweep
from core.models import Fact
from payments.gateway.base import RefundStatus
from payments.models import LedgerEntry, Payment, PaymentIncident, Refund
from payments.queries import order_money, stuck_refunds
from payments.services import (
    NothingToRefund,
    RefundReason,
    refund_poll,
    refund_request,
    refund_settle,
    refund_submit,
)
from payments.tests.factories import NoticeMaker, payment_make, payment_paid_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(account):
    return payment_paid_make(account=account)


def request(payment, reason=RefundReason.LATE, **fields):
    with transaction.atomic():
        return refund_request(payment_id=payment.pk, reason=reason, now=clock.now(), **fields)


def submit(refund, *, later_s=0):
    now = clock.now() + timedelta(seconds=later_s)
    return refund_submit(refund_id=refund.pk, now=now)


def facts(name):
    return Fact.objects.filter(name=name).count()


def test_all_that_is_left_is_asked_back_once_per_reason(paid):
    first, again = request(paid), request(paid)
    assert first == again
    paid.refresh_from_db()
    assert (first.amount_fen, paid.refunded_fen) == (1250, 1250)
    assert facts("refund.requested") == 1
    assert order_money(paid.order_ref).refunding_fen == 1250


def test_a_second_reason_gets_what_is_left(paid):
    request(paid, amount_fen=1000)
    assert request(paid, RefundReason.CANCELLED).amount_fen == 250
    with pytest.raises(NothingToRefund):
        request(paid, RefundReason.DUPLICATE)


@pytest.mark.parametrize("amount_fen", [0, -1, 1251])
def test_more_than_was_paid_is_refused(paid, amount_fen):
    with pytest.raises(NothingToRefund):
        request(paid, amount_fen=amount_fen)
    paid.refresh_from_db()
    assert paid.refunded_fen == 0
    assert not Refund.objects.exists()


def test_what_was_not_paid_is_not_refunded(account):
    with pytest.raises(NothingToRefund):
        request(payment_make(account=account))


def test_the_database_refuses_more_than_was_paid(paid):
    with pytest.raises(DatabaseError, match="payments_refund_within_paid"), transaction.atomic():
        Payment.objects.filter(pk=paid.pk).update(refunded_fen=1251)


def test_the_queue_takes_it_after_the_fact(fake, paid, queued, django_capture_on_commit_callbacks):
    refund = request(paid)
    with django_capture_on_commit_callbacks(execute=True):
        deliveries_sweep(now=clock.now() + timedelta(seconds=10))
    assert queued == [("refund_submit", refund.pk)]
    assert fake.calls == []


def test_acceptance_is_not_success(fake, paid):
    refund = request(paid)
    assert submit(refund) == "submitted"
    refund.refresh_from_db()
    assert refund.provider_refund_id
    assert not LedgerEntry.objects.filter(kind="refund").exists()
    fake.refund_becomes(refund.out_refund_no, RefundStatus.SUCCEEDED)
    assert refund_poll(refund_id=refund.pk, now=clock.now()) == "succeeded"
    assert LedgerEntry.objects.get(refund=refund).amount_fen == -1250
    assert facts("refund.succeeded") == 1
    money = order_money(paid.order_ref)
    assert (money.paid_fen, money.refunded_fen, money.kept_fen) == (1250, 1250, 0)


def test_success_at_once_is_recorded_at_once(fake, paid):
    fake.refund_status = RefundStatus.SUCCEEDED
    assert submit(request(paid)) == "succeeded"


def test_success_is_recorded_once(fake, paid):
    refund = request(paid)
    submit(refund)
    results = [
        refund_settle(
            refund_id=refund.pk,
            provider_refund_id="50",
            amount_fen=1250,
            succeeded_at=clock.now(),
            now=clock.now(),
        )
        for _again in range(3)
    ]
    assert results == [True, False, False]
    assert LedgerEntry.objects.filter(kind="refund").count() == 1
    assert facts("refund.succeeded") == 1


def test_another_amount_is_never_recorded(paid):
    refund = request(paid)
    with pytest.raises(ValueError, match="not its amount"):
        refund_settle(
            refund_id=refund.pk,
            provider_refund_id="50",
            amount_fen=1,
            succeeded_at=clock.now(),
            now=clock.now(),
        )
    assert not LedgerEntry.objects.filter(kind="refund").exists()


@pytest.mark.parametrize("code", ["SILENT", "SYSTEM_ERROR", "FREQUENCY_LIMITED", "SIGN_ERROR"])
def test_a_passing_trouble_is_tried_again_under_the_same_number(fake, paid, code):
    refund = request(paid)
    fake.fail("refund", code)
    assert submit(refund) == "requested"
    refund.refresh_from_db()
    assert refund.error
    assert submit(refund) == "submitted"
    numbers = {number for verb, number in fake.calls if verb == "refund"}
    assert numbers == {refund.out_refund_no}


@pytest.mark.parametrize(
    ("code", "word"),
    [("NOT_ENOUGH", "余额不足"), ("USER_ACCOUNT_ABNORMAL", "账户异常"), ("NEWS", "NEWS")],
)
def test_a_refusal_for_good_is_stuck_with_a_reason(fake, paid, code, word):
    refund = request(paid)
    fake.fail("refund", code, permanent=True)
    assert submit(refund) == "stuck"
    assert word in stuck_refunds(paid.store_id).get().error
    assert facts("refund.stuck") == 1
    assert not stuck_refunds(paid.store_id + 1).exists()


@pytest.mark.parametrize("status", [RefundStatus.ABNORMAL, RefundStatus.CLOSED])
def test_an_abnormal_refund_is_stuck_and_can_still_succeed(fake, paid, status):
    refund = request(paid)
    submit(refund)
    fake.refund_becomes(refund.out_refund_no, status)
    assert refund_poll(refund_id=refund.pk, now=clock.now()) == "stuck"
    assert refund_poll(refund_id=refund.pk, now=clock.now()) == "stuck"
    assert facts("refund.stuck") == 1
    fake.refund_becomes(refund.out_refund_no, RefundStatus.SUCCEEDED)
    assert refund_poll(refund_id=refund.pk, now=clock.now()) == "succeeded"
    assert LedgerEntry.objects.get(refund=refund).amount_fen == -1250


def test_a_payment_of_more_than_a_year_ago_is_stuck_without_asking(fake, paid):
    refund = request(paid)
    long_ago = clock.now() - timedelta(days=366)
    Payment.objects.filter(pk=paid.pk).update(paid_at=long_ago)
    assert submit(refund) == "stuck"
    assert "一年" in stuck_refunds().get().error
    assert fake.calls == []


def test_the_fifty_first_partial_is_stuck_without_asking(fake, paid, monkeypatch):
    monkeypatch.setattr("payments.services.refund.MAX_PARTIALS", 1)
    submit(request(paid, amount_fen=1))
    second = request(paid, RefundReason.CANCELLED, amount_fen=1)
    assert submit(second, later_s=62) == "stuck"
    assert "50" in stuck_refunds().get().error
    assert fake.count("refund") == 1


def test_an_answer_with_another_sum_is_an_incident(fake, paid):
    refund = request(paid)
    submit(refund)
    wrong = fake.refunds[refund.out_refund_no]
    fake.refunds[refund.out_refund_no] = type(wrong)(**{**wrong.__dict__, "refund_fen": 1})
    fake.refund_becomes(refund.out_refund_no, RefundStatus.SUCCEEDED)
    assert refund_poll(refund_id=refund.pk, now=clock.now()) == "submitted"
    assert PaymentIncident.objects.get().kind == "refund"
    assert not LedgerEntry.objects.filter(kind="refund").exists()


def test_the_database_refuses_to_change_a_refunds_sum(paid):
    refund = request(paid)
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(amount_fen=1)


# Notices of refunds.


def post(client, refund, *, event="REFUND.SUCCESS", resource=None, **changes):
    account = refund.payment.account
    maker = NoticeMaker(account)
    body = maker.body(resource or maker.refund(refund, **changes), event_type=event)
    return client.post(
        f"/payments/notify/{account.public_id}/refund/",
        data=body,
        content_type="application/json",
        headers=maker.headers(body),
    ).status_code


def test_a_notice_settles_a_refund_once(client, paid):
    refund = request(paid)
    resource = NoticeMaker(paid.account).refund(refund)
    assert [post(client, refund, resource=resource) for _ in range(3)] == [204, 204, 204]
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert LedgerEntry.objects.filter(kind="refund").count() == 1


def test_a_notice_of_trouble_is_stuck_and_accepted(client, paid):
    refund = request(paid)
    status = post(client, refund, event="REFUND.ABNORMAL", refund_status="ABNORMAL")
    assert status == 204
    refund.refresh_from_db()
    assert (refund.state, refund.provider_status) == ("stuck", "abnormal")


def test_trouble_that_is_told_after_success_changes_nothing(client, paid):
    refund = request(paid)
    assert post(client, refund) == 204
    assert post(client, refund, event="REFUND.ABNORMAL", refund_status="ABNORMAL") == 204
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert facts("refund.stuck") == 0


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"refund_fen": 1}, "refund"),
        ({"total": 1}, "refund"),
        ({"out_trade_no": "another1"}, "refund"),
        ({"out_refund_no": "another1"}, "unknown"),
        ({"mchid": "1"}, "merchant"),
    ],
)
def test_a_signed_notice_that_does_not_fit_is_an_incident(client, paid, change, kind):
    refund = request(paid)
    assert post(client, refund, **change) == 400
    refund.refresh_from_db()
    assert refund.state == "requested"
    assert PaymentIncident.objects.get().kind == kind
    assert not LedgerEntry.objects.filter(kind="refund").exists()


def test_another_stores_refund_is_an_incident(client, account, paid):
    theirs = request(payment_paid_make())
    maker = NoticeMaker(account)
    body = maker.body(maker.refund(theirs), event_type="REFUND.SUCCESS")
    answer = client.post(
        f"/payments/notify/{account.public_id}/refund/",
        data=body,
        content_type="application/json",
        headers=maker.headers(body),
    )
    assert answer.status_code == 400
    theirs.refresh_from_db()
    assert theirs.state == "requested"
    assert PaymentIncident.objects.get().account == account
