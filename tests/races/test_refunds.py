"""Refunds: asked for, and heard of, from several sides at once. With controls."""

import pytest
from django.db import transaction

from core import clock
from payments.models import LedgerEntry, Payment, Refund
from payments.services import (
    RefundReason,
    refund_explain,
    refund_request,
    refund_retry,
    refund_settle,
)
from payments.states import REFUND
from payments.tests.factories import transaction_id_make
from tests.races.money import bought, look_first, settle
from tests.races.threads import LEADS, at_once, head_to_head, kinds, many, unlocked

pytestmark = pytest.mark.django_db(transaction=True)


def paid():
    order, payment = bought()
    settle(payment, transaction_id_make())
    return order, payment


def ask(payment):
    with transaction.atomic():
        return refund_request(
            payment_id=payment.pk, reason=RefundReason.CANCELLED, now=clock.now()
        ).pk


def test_a_refund_asked_for_eight_times_is_one_refund():
    _, payment = paid()
    assert len(set(many(lambda _: ask(payment), 8))) == 1
    payment.refresh_from_db()
    assert (Refund.objects.count(), payment.refunded_fen) == (1, payment.amount_fen)


def test_without_the_payments_lock_some_are_told_that_there_is_nothing(monkeypatch):
    """Control: all have seen that there is no refund yet. The sum in the WHERE still holds."""
    _, payment = paid()
    read = unlocked(lambda pk: Payment.objects.select_related("account").get(pk=pk), 8)
    monkeypatch.setattr("payments.services.refund.payment_locked", read)
    assert kinds(many(lambda _: ask(payment), 8)).get("NothingToRefund", 0) > 0
    payment.refresh_from_db()
    assert payment.refunded_fen == payment.amount_fen


@pytest.fixture
def heard():
    """What a notice of a refund's success does when it fits."""
    _, payment = paid()
    refund = ask(payment)
    return lambda _: refund_settle(
        refund_id=refund,
        provider_refund_id="50000000000000000000000001",
        amount_fen=payment.amount_fen,
        succeeded_at=clock.now(),
        now=clock.now(),
    )


def test_six_notices_of_one_refund_count_once(heard):
    assert sorted(many(heard, 6)) == [False] * 5 + [True]
    assert LedgerEntry.objects.filter(kind="refund").count() == 1


def test_without_compare_and_set_each_notice_of_a_refund_is_money_that_left(heard, monkeypatch):
    """Control: looking at the state first. The ledger's own constraint is all that is left."""
    look_first(monkeypatch, REFUND, {"requested"})
    assert kinds(many(heard, 2)) == {"ok": 1, "IntegrityError": 1}


# A refund that one pays by another way while another has it tried again.


@pytest.fixture
def stuck(monkeypatch):
    """A refund that needs a person, and what WeChat Pay is asked for meanwhile."""
    _, payment = paid()
    refund_id = ask(payment)
    Refund.objects.update(state="stuck")
    asked = []
    monkeypatch.setattr("payments.services.refund.refund_poll", lambda **_: "stuck")
    monkeypatch.setattr(
        "payments.services.refund.refund_submit", lambda *, refund_id, now: asked.append(refund_id)
    )
    return refund_id, asked


def explain(refund_id):
    said = {"explanation": "现金退了", "by_id": Payment.objects.get().payer_id}
    return refund_explain(refund_id=refund_id, now=clock.now(), **said)


def retry(refund_id):
    return refund_retry(refund_id=refund_id, by_id=1, now=clock.now())


@pytest.mark.parametrize("lead_s", LEADS)
def test_a_refund_is_paid_by_hand_or_tried_again_and_never_both(stuck, lead_s):
    refund_id, asked = stuck
    explained, _ = head_to_head(lambda: explain(refund_id), lambda: retry(refund_id), lead_s=lead_s)
    refund = Refund.objects.get()
    assert (explained, refund.state, asked) in [
        (True, "stuck", []),
        (False, "requested", [refund_id]),
    ]
    assert (refund.explained_at is not None) is explained


def test_without_the_refunds_lock_only_the_constraint_stops_the_second_payment(stuck, monkeypatch):
    """Control: it was seen as open, and then somebody said that it was paid."""
    refund_id, asked = stuck
    read = unlocked(lambda pk: Refund.objects.select_related("payment").get(pk=pk), 1)

    def late(pk):
        found = read(pk)
        assert at_once(lambda: explain(pk)) == [True]
        return found

    monkeypatch.setattr("payments.services.refund.refund_payment_locked", late)
    assert kinds(at_once(lambda: retry(refund_id))) == {"IntegrityError": 1}
    assert (Refund.objects.get().state, asked) == ("stuck", [])
