"""Money is recorded once, from every state, and only when everything fits."""

import pytest

from core import clock
from core.models import Fact
from payments.gateway.base import TradeState
from payments.models import LedgerEntry, Payment, PaymentIncident
from payments.queries import order_money, payment_live, payment_succeeded
from payments.services import payment_poll, payment_prepare, payment_settle
from payments.tests.factories import payment_make

pytestmark = pytest.mark.django_db


def settle(payment, **changes):
    return payment_settle(
        **{
            "payment_id": payment.pk,
            "transaction_id": "42001",
            "amount_fen": payment.amount_fen,
            "paid_at": clock.now(),
            "now": clock.now(),
            **changes,
        }
    )


def prepared(payment):
    payment_prepare(
        payment_public_id=payment.public_id,
        amount_fen=payment.amount_fen,
        payer_id=payment.payer_id,
        channel="native",
        now=clock.now(),
    )


@pytest.mark.parametrize("state", ["open", "prepared", "closing", "closed"])
def test_money_is_recorded_from_every_state(account, state):
    payment = payment_make(account=account)
    Payment.objects.filter(pk=payment.pk).update(state=state)
    assert settle(payment) is True
    payment.refresh_from_db()
    assert (payment.state, payment.transaction_id, payment.due_at) == ("succeeded", "42001", None)
    assert LedgerEntry.objects.get().amount_fen == payment.amount_fen


def test_money_is_recorded_once(account):
    payment = payment_make(account=account)
    assert [settle(payment) for _ in range(3)] == [True, False, False]
    assert LedgerEntry.objects.count() == 1
    assert Fact.objects.filter(name="payment.succeeded").count() == 1
    assert order_money(payment.order_ref).paid_fen == payment.amount_fen
    assert payment_live(payment.order_ref) is None
    assert payment_succeeded(payment.order_ref) == payment


def test_it_costs_few_statements(account, django_assert_max_num_queries):
    payment = payment_make(account=account)
    # savepoint, read, move, fact, its deliveries, ledger, release
    with django_assert_max_num_queries(7):
        settle(payment)


def test_another_amount_is_never_recorded(account):
    payment = payment_make(account=account)
    with pytest.raises(ValueError, match="not its amount"):
        settle(payment, amount_fen=1)
    payment.refresh_from_db()
    assert payment.state == "open"
    assert not LedgerEntry.objects.exists()


def test_polling_finds_the_money_that_no_notice_told_of(fake, account):
    payment = payment_make(account=account)
    prepared(payment)
    assert payment_poll(payment_id=payment.pk, now=clock.now()) == "prepared"
    fake.pay(payment.out_trade_no)
    assert payment_poll(payment_id=payment.pk, now=clock.now()) == "succeeded"
    assert LedgerEntry.objects.get().payment == payment


def test_polling_asks_nobody_about_an_attempt_that_was_never_sent(fake, account):
    payment = payment_make(account=account)
    assert payment_poll(payment_id=payment.pk, now=clock.now()) == "open"
    assert fake.calls == []


def test_a_silent_provider_changes_nothing(fake, account):
    payment = payment_make(account=account)
    prepared(payment)
    fake.fail("query", "SILENT")
    assert payment_poll(payment_id=payment.pk, now=clock.now()) == "prepared"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"amount_fen": 1}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"mchid": "1"}, "merchant"),
        ({"appid": "wx0"}, "appid"),
        ({"out_trade_no": "another1"}, "unknown"),
    ],
)
def test_a_polled_trade_that_does_not_fit_is_an_incident(fake, account, change, kind):
    payment = payment_make(account=account)
    prepared(payment)
    fake.pay(payment.out_trade_no, **change)
    assert payment_poll(payment_id=payment.pk, now=clock.now()) == "prepared"
    assert PaymentIncident.objects.get().kind == kind
    assert not LedgerEntry.objects.exists()


def test_a_trade_that_was_closed_there_is_not_money(fake, account):
    payment = payment_make(account=account)
    prepared(payment)
    fake.pay(payment.out_trade_no, state=TradeState.CLOSED)
    assert payment_poll(payment_id=payment.pk, now=clock.now()) == "prepared"
    assert not LedgerEntry.objects.exists()
