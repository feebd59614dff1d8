"""The nets under the notices: who is asked, when, and who is put on the staff list."""

from datetime import timedelta

import pytest
from django.db import transaction

from core import clock
from core.deadlines import deadlines_run
from payments.deadlines import payment_due, refund_due
from payments.models import Payment, Refund
from payments.schedule import next_ask
from payments.services import RefundReason, payment_begin_close, payment_prepare, refund_request
from payments.tests.factories import payment_make, payment_paid_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(account):
    return payment_make(account=account)


@pytest.fixture
def prepared(fake, payment):
    payment_prepare(
        payment_public_id=payment.public_id,
        amount_fen=payment.amount_fen,
        payer_id=payment.payer_id,
        channel="native",
        now=clock.now(),
    )
    payment.refresh_from_db()
    return payment


@pytest.fixture
def refund(account):
    paid = payment_paid_make(account=account)
    with transaction.atomic():
        return refund_request(payment_id=paid.pk, reason=RefundReason.LATE, now=clock.now())


def state(row):
    row.refresh_from_db()
    return row.state


def test_the_interval_grows_from_five_seconds_to_its_limit():
    at, asked, limit = clock.now(), [], timedelta(minutes=1)
    since = at
    for _turn in range(12):
        following = next_ask(since=since, now=at, at_most=limit)
        asked.append((following - at).total_seconds())
        at = following
    assert asked[:3] == [5, 5, 5]
    assert asked == sorted(asked)
    assert asked[-1] == 60


def test_a_prepared_attempt_is_asked_about(prepared, queued):
    now = prepared.asked_at + timedelta(seconds=40)
    assert payment_due(prepared.pk, now=now) == now + timedelta(seconds=20)
    assert queued == [("payment_poll", prepared.pk)]


def test_an_attempt_nobody_heard_of_is_left_alone(payment, queued):
    assert payment_due(payment.pk, now=clock.now()) == payment.expires_at + timedelta(minutes=10)
    assert queued == []


def test_a_closing_attempt_goes_on_being_asked_about(prepared, queued):
    payment_begin_close(order_ref=prepared.order_ref, now=clock.now())
    later = clock.now() + timedelta(hours=5)
    assert payment_due(prepared.pk, now=later) == later + timedelta(minutes=5)
    assert queued == [("payment_close", prepared.pk)]


def test_an_attempt_its_order_forgot_is_closed(fake, payment, queued):
    later = payment.expires_at + timedelta(minutes=11)
    assert payment_due(payment.pk, now=later) is None
    assert state(payment) == "closed"
    assert fake.calls == []


def test_a_forgotten_attempt_that_was_sent_is_closed_there(prepared, queued):
    payment_due(prepared.pk, now=prepared.expires_at + timedelta(minutes=11))
    assert state(prepared) == "closing"
    assert queued == [("payment_close", prepared.pk)]


@pytest.mark.parametrize("final", ["succeeded", "closed"])
def test_what_is_final_is_left_alone(payment, queued, final):
    Payment.objects.filter(pk=payment.pk).update(state=final)
    assert payment_due(payment.pk, now=clock.now()) is None
    assert queued == []


def test_a_refund_that_the_queue_lost_is_submitted(refund, queued):
    now = refund.requested_at + timedelta(seconds=10)
    assert refund_due(refund.pk, now=now) == now + timedelta(seconds=5)
    assert queued == [("refund_submit", refund.pk)]


def test_a_refund_that_is_not_accepted_in_ten_minutes_needs_a_person(refund, queued):
    late = refund.requested_at + timedelta(minutes=11)
    Refund.objects.filter(pk=refund.pk).update(first_asked_at=refund.requested_at, asked_at=late)
    refund_due(refund.pk, now=late)
    assert state(refund) == "stuck"
    assert "核对" in refund.error
    assert queued == []


@pytest.mark.parametrize("asked_after_s", [None, 30])
def test_a_queue_that_slept_is_not_a_refund_that_is_stuck(refund, queued, asked_after_s):
    asked_at = asked_after_s and refund.requested_at + timedelta(seconds=asked_after_s)
    Refund.objects.filter(pk=refund.pk).update(first_asked_at=asked_at, asked_at=asked_at)
    refund_due(refund.pk, now=refund.requested_at + timedelta(days=1))
    assert state(refund) == "requested"
    assert queued == [("refund_submit", refund.pk)]


def test_a_submitted_refund_is_asked_about_for_three_days(refund, queued):
    Refund.objects.filter(pk=refund.pk).update(state="submitted", submitted_at=refund.requested_at)
    soon = refund.requested_at + timedelta(days=2)
    assert refund_due(refund.pk, now=soon) == soon + timedelta(minutes=30)
    assert queued == [("refund_poll", refund.pk)]
    refund_due(refund.pk, now=refund.requested_at + timedelta(days=3, minutes=1))
    assert state(refund) == "stuck"


def test_a_stuck_refund_is_asked_about_hourly_for_a_week(refund, queued):
    Refund.objects.filter(pk=refund.pk).update(state="stuck")
    now = refund.requested_at + timedelta(days=1)
    assert refund_due(refund.pk, now=now) == now + timedelta(hours=1)
    assert queued == [("refund_poll", refund.pk)]
    assert refund_due(refund.pk, now=refund.requested_at + timedelta(days=8)) is None


def test_the_tick_reaches_them(prepared, queued):
    Payment.objects.filter(pk=prepared.pk).update(due_at=clock.now())
    handled = deadlines_run(now=clock.now())
    assert handled["payments.payment"] == 1
    assert queued == [("payment_poll", prepared.pk)]
    prepared.refresh_from_db()
    assert prepared.due_at > clock.now()


def test_a_broker_that_is_gone_only_costs_time(prepared, settings, monkeypatch):
    monkeypatch.setattr(
        "payments.tasks.payment_poll.apply_async", lambda *a, **k: 1 / 0, raising=True
    )
    assert payment_due(prepared.pk, now=clock.now()) > clock.now()
