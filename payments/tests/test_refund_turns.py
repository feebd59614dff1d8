"""Many refunds of one payment take turns, a minute apart; staff's retry takes its turn, too."""

import itertools
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from core import clock
from core.deadlines import deadlines_run
from core.invariants import audit
from payments.models import Refund
from payments.services import RefundReason, refund_request, refund_retry, refund_submit
from payments.tests.factories import payment_paid_make
from stores.tests.factories import staff_make

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


def test_two_refunds_of_one_payment_keep_a_minute_apart(fake, paid):
    first = request(paid, amount_fen=100)
    second = request(paid, RefundReason.CANCELLED, amount_fen=100)
    assert submit(first) == "submitted"
    assert submit(second) == "requested"
    second.refresh_from_db()
    first.refresh_from_db()
    assert second.due_at == first.asked_at + timedelta(seconds=61)
    assert submit(second, later_s=62) == "submitted"


def test_staff_retry_asks_first_and_keeps_the_number(fake, paid):
    refund = request(paid)
    fake.fail("refund", "NOT_ENOUGH", permanent=True)
    submit(refund)
    fake.calls.clear()
    state = refund_retry(refund_id=refund.pk, by_id=paid.payer_id, now=clock.now())
    assert state == "submitted"
    assert fake.calls == [
        ("query_refund", refund.out_refund_no),
        ("refund", refund.out_refund_no),
    ]
    refund.refresh_from_db()
    assert refund.error == ""


def test_staff_retry_of_a_refund_that_is_not_stuck_sends_nothing(fake, paid):
    refund = request(paid)
    submit(refund)
    refund_retry(refund_id=refund.pk, by_id=paid.payer_id, now=clock.now())
    assert fake.count("refund") == 1


@pytest.fixture
def day(monkeypatch):
    """The queue and the tick at the times that the test says."""
    now = clock.now()

    def enqueue(task, pk):
        task(pk)

    monkeypatch.setattr("payments.deadlines.enqueue", enqueue)

    def tick(at: datetime):
        monkeypatch.setattr(clock, "now", lambda: at)
        deadlines_run(now=at)

    tick.begins = now
    return tick


def late(at):
    return audit(now=at, names=["refunds.in_time"])


def test_fifteen_lines_of_one_payment_go_back_one_after_another(fake, paid, day):
    refunds = [
        request(paid, RefundReason.LINE_CANCELLED, part=f"line_{n}", amount_fen=10)
        for n in range(15)
    ]
    # One of those that come late has bad luck once, as anybody may.
    unlucky, real = refunds[12].out_refund_no, fake.refund

    def refund(ask):
        if ask.out_refund_no == unlucky and not fake.calls.count(("refund", unlucky)):
            fake.fail("refund", "SYSTEM_ERROR")
        return real(ask)

    fake.refund = refund
    for step in range(17 * 12):
        at = day.begins + timedelta(seconds=10 + 5 * step)
        day(at)
        assert late(at) == []
        assert not Refund.objects.filter(state="stuck").exists()
    assert not Refund.objects.filter(state="requested").exists()
    assert fake.calls.count(("refund", unlucky)) == 2
    sent = sorted(Refund.objects.values_list("asked_at", flat=True))
    gaps = [after - before for before, after in itertools.pairwise(sent)]
    assert min(gaps) >= timedelta(seconds=61)


def test_one_that_fails_for_ten_minutes_of_its_own_turn_needs_a_person(fake, paid, day):
    first = request(paid, RefundReason.LINE_CANCELLED, part="line_1", amount_fen=10)
    second = request(paid, RefundReason.LINE_CANCELLED, part="line_2", amount_fen=10)
    fake.fail("refund", "SYSTEM_ERROR", times=1000)
    for step in range(60):
        at = day.begins + timedelta(seconds=20 * step)
        day(at)
        assert late(at) == []
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("stuck", "requested")


def test_one_whose_turn_nobody_takes_is_named(paid):
    refund = request(paid)
    turn_at = clock.now() + timedelta(minutes=20)
    Refund.objects.filter(pk=refund.pk).update(turn_at=turn_at)
    assert late(turn_at + timedelta(minutes=11)) == []
    assert [one.row for one in late(turn_at + timedelta(minutes=13))] == [
        f"refund {refund.public_id}"
    ]


@pytest.fixture
def two_stuck(fake, paid):
    """Two parts of one payment that WeChat Pay refused; there is money again."""
    both = [
        request(paid, RefundReason.LINE_CANCELLED, part=f"line_{n}", amount_fen=10)
        for n in range(2)
    ]
    for n, refund in enumerate(both):
        fake.fail("refund", "NOT_ENOUGH", permanent=True)
        assert submit(refund, later_s=-200 + 100 * n) == "stuck"
    fake.calls.clear()
    return both


def test_a_second_retry_within_the_minute_waits_for_its_turn(fake, paid, two_stuck, day):
    first, second = two_stuck
    now = clock.now()
    told = [refund_retry(refund_id=one.pk, by_id=paid.payer_id, now=now) for one in two_stuck]
    assert told == ["submitted", "requested"]
    second.refresh_from_db()
    assert second.due_at == now + timedelta(seconds=61)
    day(now + timedelta(seconds=60))
    assert fake.calls.count(("refund", second.out_refund_no)) == 0
    day(now + timedelta(seconds=62))
    second.refresh_from_db()
    assert second.state == "submitted"
    assert fake.calls.count(("refund", second.out_refund_no)) == 1
    assert fake.calls.count(("refund", first.out_refund_no)) == 1


def test_the_office_says_when_it_will_be(client, fake, paid, two_stuck):
    client.force_login(staff_make(paid.store).user)
    pages = [
        client.post(
            reverse("admin:payments_refund_changelist"),
            {"action": "retry", "_selected_action": [one.pk]},
            follow=True,
        ).content.decode()
        for one in two_stuck
    ]
    assert f"{two_stuck[0].out_refund_no}：处理中" in pages[0]
    two_stuck[1].refresh_from_db()
    at = timezone.localtime(two_stuck[1].due_at)
    assert f"{two_stuck[1].out_refund_no}：将在 {at:%H:%M:%S} 用原单号提交" in pages[1]


def test_a_retry_that_is_refused_again_is_stuck_again(fake, paid, two_stuck):
    fake.fail("refund", "NOT_ENOUGH", permanent=True)
    state = refund_retry(refund_id=two_stuck[0].pk, by_id=paid.payer_id, now=clock.now())
    assert state == "stuck"
    two_stuck[0].refresh_from_db()
    assert "余额不足" in two_stuck[0].error


def test_a_retry_that_nobody_answers_is_repeated_by_itself(fake, paid, two_stuck, day):
    fake.fail("refund", "SILENT")
    now = clock.now()
    state = refund_retry(refund_id=two_stuck[0].pk, by_id=paid.payer_id, now=now)
    assert state == "requested"
    day(now + timedelta(seconds=11))
    two_stuck[0].refresh_from_db()
    assert two_stuck[0].state == "submitted"
