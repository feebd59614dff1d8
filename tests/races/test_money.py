"""Money: the same news from several sides, at once. Each with its control."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import transaction

from core import clock
from core.ids import random_token
from core.invariants import audit
from core.models import Delivery
from orders.models import Order
from orders.services import order_close_request, order_payment_take
from payments.models import LedgerEntry, Payment, Refund
from payments.services import PaymentGone, payment_close, payment_poll, refund_request
from payments.states import PAYMENT
from payments.tests.factories import payment_open, transaction_id_make
from tests import cast
from tests.races.money import bought, look_first, prepare, refunds, settle, state
from tests.races.threads import (
    LEADS,
    MEETING_S,
    at_once,
    head_to_head,
    kinds,
    many,
    unlocked,
)

pytestmark = pytest.mark.django_db(transaction=True)


# Told twice.


def test_six_notices_of_one_payment_count_once():
    order, payment = bought()
    number = transaction_id_make()
    told = many(lambda _: settle(payment, number), 6)
    assert sorted(told) == [False] * 5 + [True]
    assert LedgerEntry.objects.count() == 1
    assert (state(order), refunds()) == ("to_ship", [])
    assert cast.broken() == []


def test_notices_and_polls_of_one_payment_count_once(provider):
    order, payment = bought()
    prepare(payment)
    trade = provider.pay(payment.out_trade_no)
    told = at_once(
        *[lambda: settle(payment, trade.transaction_id)] * 3,
        *[lambda: payment_poll(payment_id=payment.pk, now=clock.now())] * 3,
    )
    assert kinds(told) == {"ok": 6}
    assert sum(one is True for one in told) <= 1
    assert LedgerEntry.objects.count() == 1
    assert (state(order), refunds()) == ("to_ship", [])
    assert cast.broken() == []


def test_without_compare_and_set_each_notice_is_new_money(monkeypatch):
    """Control: looking at the state first. The ledger's own constraint is all that is left."""
    _, payment = bought()
    number = transaction_id_make()
    look_first(monkeypatch, PAYMENT, {"open"})
    assert kinds(many(lambda _: settle(payment, number), 2)) == {"ok": 1, "IntegrityError": 1}


# Another channel against the notice of the first.


def test_a_channel_is_switched_while_the_notice_of_the_first_arrives(provider):
    for lead_s in LEADS:
        order, payment = bought()
        prepare(payment)
        trade = provider.pay(payment.out_trade_no)
        switched, _ = head_to_head(
            lambda payment=payment: prepare(payment, "jsapi"),
            lambda payment=payment, trade=trade: settle(payment, trade.transaction_id),
            lead_s=lead_s,
        )
        assert isinstance(switched, PaymentGone)
        cast.deliver()
        assert (state(order), refunds()) == ("to_ship", [])
        attempts = Payment.objects.filter(order_ref=order.public_id)
        assert list(attempts.values_list("state", flat=True)) == ["succeeded"]
    assert cast.broken() == []


def test_without_asking_first_the_payer_can_pay_twice(provider, monkeypatch):
    """Control: the switch does not ask WeChat about the old attempt."""
    order, payment = bought()
    prepare(payment)
    trade = provider.pay(payment.out_trade_no)
    monkeypatch.setattr("payments.services.close._closed_there", lambda _payment, *, now: True)
    second = Payment.objects.get(public_id=prepare(payment, "jsapi").payment_public_id)
    settle(payment, trade.transaction_id)
    settle(second, provider.pay(second.out_trade_no).transaction_id)
    cast.deliver()
    assert LedgerEntry.objects.filter(order_ref=order.public_id).count() == 2
    # Even so the second one goes back: that is what the order's own decision is for.
    assert refunds() == ["duplicate"]


# Money against closing at the provider.


@pytest.mark.parametrize("lead_s", LEADS)
def test_a_trade_is_closed_at_wechat_while_its_notice_arrives(provider, lead_s):
    order, payment = bought()
    prepare(payment)
    order_close_request(order_id=order.pk, now=clock.now())
    trade = provider.pay(payment.out_trade_no)
    told = head_to_head(
        lambda: payment_close(payment_id=payment.pk, now=clock.now()),
        lambda: settle(payment, trade.transaction_id),
        lead_s=lead_s,
    )
    assert kinds(told) == {"ok": 2}
    cast.deliver()
    assert (state(order), refunds()) == ("to_ship", [])
    assert cast.broken() == []


@pytest.fixture
def settled_meanwhile(monkeypatch):
    """WeChat was asked before the money came, and its answer arrives after the notice."""
    settled = Event()

    def answer(_payment, *, now):
        assert settled.wait(MEETING_S)
        return True

    monkeypatch.setattr("payments.services.close._closed_there", answer)

    def run():
        order, payment = bought()
        Payment.objects.filter(pk=payment.pk).update(asked_at=clock.now())
        order_close_request(order_id=order.pk, now=clock.now())

        def notice():
            settle(payment, transaction_id_make())
            settled.set()

        told = at_once(lambda: payment_close(payment_id=payment.pk, now=clock.now()), notice)
        assert kinds(told) == {"ok": 2}
        payment.refresh_from_db()
        return payment

    return run


def test_a_closing_that_comes_after_the_money_changes_nothing(settled_meanwhile):
    payment = settled_meanwhile()
    assert payment.state == "succeeded"
    assert cast.broken("payments.in_ledger") == []


def test_without_compare_and_set_the_closing_wipes_the_money_out(settled_meanwhile, monkeypatch):
    """Control: closing moves whatever it finds."""
    real = PAYMENT.move_row

    def careless(row, name, *, now, changes=None):
        if name != "close":
            return real(row, name, now=now, changes=changes)
        return bool(type(row).objects.filter(pk=row.pk).update(state="closed", **(changes or {})))

    monkeypatch.setattr(PAYMENT, "move_row", careless)
    payment = settled_meanwhile()
    assert payment.state == "closed"
    assert len(cast.broken("payments.in_ledger")) == 1


def closed():
    """An order that closed unpaid."""
    order, payment = bought()
    order_close_request(order_id=order.pk, now=clock.now())
    assert state(order) == "closed"
    return order, payment


def test_money_after_closing_is_told_from_four_sides_and_goes_back_once():
    order, payment = closed()
    number = transaction_id_make()
    told = many(lambda _: settle(payment, number), 4)
    assert sorted(told) == [False] * 3 + [True]
    told = many(lambda _: take(order, payment), 4)
    assert kinds(told) == {"ok": 4}
    assert (state(order), refunds()) == ("cancelled", ["late"])
    assert cast.broken() == []


def test_without_one_refund_per_reason_all_sides_ask_for_the_money_again(monkeypatch):
    """Control: nobody locks the order, and every asking is a refund of its own. That no more goes
    back than came is all that is left."""
    order, payment = closed()
    settle_silently(payment)
    read = unlocked(lambda ref: Order.objects.get(public_id=ref), 4)
    monkeypatch.setattr("orders.services.pay.order_lock_by_ref", read)
    monkeypatch.setattr(
        "orders.services.pay.refund_request",
        lambda **asked: refund_request(**asked, part=random_token(8)),
    )
    told = many(lambda _: take(order, payment), 4)
    assert kinds(told) == {"ok": 1, "NothingToRefund": 3}


def take(order, payment):
    return order_payment_take(order_ref=order.public_id, payment_id=payment.pk, now=clock.now())


@pytest.fixture
def paid_twice():
    """An order whose money came by two attempts; it has heard of neither."""
    order, first = bought()
    settle_silently(first)
    with transaction.atomic():
        second = payment_open(
            store_id=order.store_id,
            order_ref=order.public_id,
            payer_id=order.buyer_id,
            amount_fen=order.payable_fen,
            description="换一种方式付款",
            expires_at=order.pay_before,
            now=clock.now(),
        )
    settle_silently(second)
    assert state(order) == "awaiting_payment"
    return order, first, second


def settle_silently(payment):
    """The money is recorded, and the process dies before anybody is told."""
    with transaction.atomic():
        settle(payment, transaction_id_make())
        Delivery.objects.filter(name="payment.succeeded").delete()


def test_two_payments_of_one_order_at_once_keep_one_and_return_one(paid_twice):
    order, first, second = paid_twice
    assert kinds(at_once(lambda: take(order, first), lambda: take(order, second))) == {"ok": 2}
    order.refresh_from_db()
    returned = ({first.pk, second.pk} - {order.payment_id}).pop()
    assert order.state == "to_ship"
    assert [(one.reason, one.payment_id) for one in Refund.objects.all()] == [
        ("duplicate", returned)
    ]
    assert strays() == []


def test_without_the_orders_lock_both_payments_are_kept(paid_twice, monkeypatch):
    """Control: both have seen an order that awaits its money."""
    order, first, second = paid_twice
    read = unlocked(lambda ref: Order.objects.get(public_id=ref), 2)
    monkeypatch.setattr("orders.services.pay.order_lock_by_ref", read)
    assert kinds(at_once(lambda: take(order, first), lambda: take(order, second))) == {"ok": 2}
    order.refresh_from_db()
    stray = second if order.payment_id == first.pk else first
    assert refunds() == []
    assert strays() == [f"payment {stray.public_id}"]


def strays():
    """Payments that are neither kept nor on their way back, once every fact had its minute."""
    later = clock.now() + timedelta(minutes=2)
    return [one.row for one in audit(now=later, names=["orders.money_in"])]
