"""Closing an attempt: the provider first; money that is found there is never lost."""

import pytest

from core import clock
from core.models import Fact
from payments.models import LedgerEntry
from payments.services import payment_begin_close, payment_close, payment_prepare
from payments.tests.factories import payment_make, payment_paid_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(account):
    return payment_make(account=account)


@pytest.fixture
def closing(fake, payment):
    """Known to the provider, and closing."""
    payment_prepare(
        payment_public_id=payment.public_id,
        amount_fen=payment.amount_fen,
        payer_id=payment.payer_id,
        channel="native",
        now=clock.now(),
    )
    payment_begin_close(order_ref=payment.order_ref, now=clock.now())
    payment.refresh_from_db()
    return payment


def closed_facts():
    return Fact.objects.filter(name="payment.closed").count()


def test_an_attempt_nobody_heard_of_is_closed_at_once(fake, payment):
    payment_begin_close(order_ref=payment.order_ref, now=clock.now())
    payment.refresh_from_db()
    assert (payment.state, payment.due_at) == ("closed", None)
    assert closed_facts() == 1
    assert fake.calls == []


def test_a_sent_attempt_is_closed_there_first(fake, closing):
    assert closing.state == "closing"
    assert closing.due_at is not None
    assert closed_facts() == 0
    assert payment_close(payment_id=closing.pk, now=clock.now()) is True
    assert [verb for verb, _number in fake.calls] == ["prepare", "query", "close"]
    closing.refresh_from_db()
    assert closing.state == "closed"
    assert closed_facts() == 1


def test_closing_twice_closes_once(fake, closing):
    assert payment_close(payment_id=closing.pk, now=clock.now()) is True
    assert payment_close(payment_id=closing.pk, now=clock.now()) is True
    assert fake.count("close") == 1
    assert closed_facts() == 1


def test_money_that_is_found_is_settled(fake, closing):
    fake.pay(closing.out_trade_no)
    assert payment_close(payment_id=closing.pk, now=clock.now()) is False
    closing.refresh_from_db()
    assert closing.state == "succeeded"
    assert LedgerEntry.objects.get().payment == closing
    assert closed_facts() == 0


def test_money_that_comes_between_the_two_questions_is_settled(fake, closing, monkeypatch):
    original = fake.close

    def paid_meanwhile(number):
        fake.pay(number)
        original(number)

    monkeypatch.setattr(fake, "close", paid_meanwhile)
    assert payment_close(payment_id=closing.pk, now=clock.now()) is False
    closing.refresh_from_db()
    assert closing.state == "succeeded"


@pytest.mark.parametrize("verb", ["query", "close"])
def test_a_silent_provider_leaves_it_closing(fake, closing, verb):
    fake.fail(verb, "SILENT")
    assert payment_close(payment_id=closing.pk, now=clock.now()) is False
    closing.refresh_from_db()
    assert closing.state == "closing"
    assert payment_close(payment_id=closing.pk, now=clock.now()) is True


def test_a_number_the_provider_never_heard_of_is_closed(fake, closing):
    del fake.trades[closing.out_trade_no]
    assert payment_close(payment_id=closing.pk, now=clock.now()) is True


def test_money_with_other_particulars_keeps_it_closing(fake, closing):
    fake.pay(closing.out_trade_no, amount_fen=1)
    assert payment_close(payment_id=closing.pk, now=clock.now()) is False
    closing.refresh_from_db()
    assert closing.state == "closing"


def test_an_attempt_that_is_not_closing_stays(fake, payment):
    assert payment_close(payment_id=payment.pk, now=clock.now()) is False
    paid = payment_paid_make(account=payment.account)
    payment_begin_close(order_ref=paid.order_ref, now=clock.now())
    assert payment_close(payment_id=paid.pk, now=clock.now()) is False
    paid.refresh_from_db()
    assert paid.state == "succeeded"
    assert fake.calls == []
