"""Closing: the trade at WeChat first, then the order; money that is found there is kept."""

from datetime import timedelta

import pytest

from catalog.models import Sku
from core import clock
from core.deadlines import deadlines_run
from core.invariants import audit
from core.models import Fact
from orders.models import Order
from orders.services import (
    order_close_if_unpayable,
    order_close_request,
    order_expire,
    order_payment_take,
)
from orders.services.close import LOOK_AGAIN, SILENCE_LIMIT
from orders.tests.factories import deliver, order_make, paid_make, pay, shipped_make, sku_on_sale
from payments.models import Payment, Refund
from payments.services import payment_close, payment_prepare

pytestmark = pytest.mark.django_db
BOOKS = ["orders.money_in", "orders.stock_reserved", "orders.holds", "orders.paid_once"]


def again(order):
    order.refresh_from_db()
    return order


def closed_facts():
    return Fact.objects.filter(name="order.closed").count()


def reserved():
    return sum(Sku.objects.values_list("reserved", flat=True))


def test_an_order_wechat_never_heard_of_closes_at_once():
    order = order_make(quantity=2, held=True)
    assert order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True) is True
    again(order)
    assert (order.state, order.cancel_reason, order.due_at) == ("closed", "你取消了付款", None)
    assert order.closed_at is not None
    assert (Payment.objects.get().state, reserved(), closed_facts()) == ("closed", 0, 1)
    assert order.holds.get().closed_at is not None


def test_an_order_wechat_knows_waits_for_its_answer(asked, provider):
    order, payment = asked
    now = clock.now()
    assert order_close_request(order_id=order.pk, now=now) is True
    again(order)
    assert (order.state, order.close_requested_at) == ("awaiting_payment", now)
    assert order.due_at == now + LOOK_AGAIN
    assert (reserved(), closed_facts()) == (1, 0)
    assert payment_close(payment_id=payment.pk, now=clock.now()) is True
    deliver()
    assert [verb for verb, _ in provider.calls] == ["prepare", "query", "close"]
    assert (again(order).state, reserved(), closed_facts()) == ("closed", 0, 1)


def test_money_that_wechat_tells_of_is_kept(asked, provider):
    order, payment = asked
    provider.pay(payment.out_trade_no)
    order_close_request(order_id=order.pk, now=clock.now())
    assert payment_close(payment_id=payment.pk, now=clock.now()) is False
    deliver()
    assert again(order).state == "to_ship"
    assert not Refund.objects.exists()


def test_closing_twice_closes_once():
    order = order_make()
    for _ in range(3):
        assert order_close_request(order_id=order.pk, now=clock.now()) is True
    deliver()
    assert (closed_facts(), reserved()) == (1, 0)


def test_the_reason_that_was_given_first_stays(asked):
    order, _ = asked
    order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True)
    order_close_request(order_id=order.pk, now=clock.now())
    assert again(order).cancel_reason == "你取消了付款"


@pytest.mark.parametrize("make", [paid_make, shipped_make, lambda: paid_make(held=True)])
def test_a_paid_order_does_not_close(make):
    order = make()
    state = order.state
    assert order_close_request(order_id=order.pk, now=clock.now()) is False
    assert order_expire(order_id=order.pk, now=order.pay_before + timedelta(days=1)) in (
        None,
        order.due_at,
    )
    assert (again(order).state, order.close_requested_at) == (state, None)
    assert (reserved(), closed_facts()) == (0 if state == "shipped" else 1, 0)


def test_another_channel_closes_the_attempt_and_not_the_order(asked, provider):
    order, payment = asked
    payment_prepare(
        payment_public_id=payment.public_id,
        amount_fen=payment.amount_fen,
        payer_id=order.buyer_id,
        channel="jsapi",
        openid="o-alice",
        now=clock.now(),
    )
    deliver()
    payment.refresh_from_db()
    assert (payment.state, again(order).state) == ("closed", "awaiting_payment")
    assert order_close_if_unpayable(order_ref=order.public_id, now=clock.now()) is False
    assert Payment.objects.filter(state="prepared").count() == 1
    pay(order.public_id)
    deliver()
    assert again(order).state == "to_ship"


def test_nothing_closes_before_its_time():
    order = order_make()
    before = order.pay_before - timedelta(seconds=1)
    assert order_expire(order_id=order.pk, now=before) == order.pay_before
    assert (again(order).state, order.close_requested_at) == ("awaiting_payment", None)


def test_the_end_of_the_window_closes_the_order():
    order = order_make()
    assert order_expire(order_id=order.pk, now=order.pay_before) is None
    again(order)
    assert (order.state, order.cancel_reason) == ("closed", "没有在时限内付款")
    assert (closed_facts(), reserved()) == (1, 0)
    assert order_expire(order_id=order.pk, now=order.pay_before) is None
    assert closed_facts() == 1


def test_money_whose_fact_is_slow_is_found_at_the_end_of_the_window():
    order = order_make()
    pay(order.public_id)
    assert order_expire(order_id=order.pk, now=order.pay_before) is None
    assert again(order).state == "to_ship"
    deliver()
    assert (again(order).state, Refund.objects.count()) == ("to_ship", 0)


def test_money_goes_back_when_the_buyer_gave_up_before_it_was_heard_of():
    order = order_make(quantity=2, held=True)
    pay(order.public_id)
    order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True)
    assert (again(order).state, reserved()) == ("awaiting_payment", 2)
    deliver()
    again(order)
    assert (order.state, order.cancel_reason) == (
        "cancelled",
        "你取消了付款，到账的款项已原路退回",
    )
    assert Refund.objects.values_list("reason", "amount_fen").get() == ("late", order.payable_fen)
    assert (reserved(), closed_facts(), order.holds.get().closed_at is not None) == (0, 1, True)
    assert [str(one) for one in audit(now=clock.now() + timedelta(minutes=2), names=BOOKS)] == []


def test_money_that_wechat_tells_of_goes_back_to_who_gave_up(asked, provider):
    order, payment = asked
    provider.pay(payment.out_trade_no)
    order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True)
    assert payment_close(payment_id=payment.pk, now=clock.now()) is False
    deliver()
    assert (again(order).state, Refund.objects.get().reason) == ("cancelled", "late")


def test_giving_up_after_the_timer_asked_counts_all_the_same(asked, provider):
    order, payment = asked
    order_expire(order_id=order.pk, now=order.pay_before)
    order_close_request(order_id=order.pk, now=order.pay_before, by_buyer=True)
    provider.pay(payment.out_trade_no)
    payment_close(payment_id=payment.pk, now=clock.now())
    deliver()
    assert again(order).state == "cancelled"


def test_the_page_says_that_a_paid_order_was_not_cancelled(client, monkeypatch):
    order = order_make()
    client.force_login(order.buyer)
    paid_between = order_close_request

    def late(**wish):
        pay(order.public_id)
        deliver()
        return paid_between(**wish)

    monkeypatch.setattr("orders.views.mine.services.order_close_request", late)
    page = client.post(f"/orders/{order.public_id}/close/", follow=True).content.decode()
    assert "付款已经到账，订单没有取消" in page
    assert (again(order).state, Refund.objects.count()) == ("to_ship", 0)


def test_a_silent_wechat_is_waited_for_half_an_hour(asked, provider):
    order, payment = asked
    provider.fail("query", "SYSTEM_ERROR", times=99)
    now = order.pay_before
    assert order_expire(order_id=order.pk, now=now) == now + LOOK_AGAIN
    assert payment_close(payment_id=payment.pk, now=now) is False
    almost = now + SILENCE_LIMIT - timedelta(seconds=1)
    assert order_expire(order_id=order.pk, now=almost) == almost + LOOK_AGAIN
    assert (again(order).state, reserved()) == ("awaiting_payment", 1)
    assert order_expire(order_id=order.pk, now=now + SILENCE_LIMIT) is None
    payment.refresh_from_db()
    assert (again(order).state, payment.state, reserved()) == ("closed", "closing", 0)


def test_money_found_after_the_silence_goes_back(asked, provider):
    order, payment = asked
    order_expire(order_id=order.pk, now=order.pay_before)
    order_expire(order_id=order.pk, now=order.pay_before + SILENCE_LIMIT)
    provider.pay(payment.out_trade_no)
    payment_close(payment_id=payment.pk, now=clock.now())
    deliver()
    assert again(order).state == "cancelled"
    assert Refund.objects.get().reason == "late"


def test_an_attempt_that_is_being_asked_about_keeps_its_rhythm(asked):
    order, payment = asked
    order_expire(order_id=order.pk, now=order.pay_before)
    later = clock.now() + timedelta(minutes=3)
    Payment.objects.filter(pk=payment.pk).update(due_at=later)
    order_expire(order_id=order.pk, now=order.pay_before + LOOK_AGAIN)
    payment.refresh_from_db()
    assert payment.due_at == later


def test_the_tick_closes_what_is_due_and_nothing_else():
    due, young = order_make(sku_on_sale()), order_make(sku_on_sale())
    Order.objects.filter(pk=due.pk).update(
        pay_before=clock.now() - timedelta(seconds=1), due_at=clock.now() - timedelta(seconds=1)
    )
    assert deadlines_run(now=clock.now())["orders.order"] == 1
    assert (again(due).state, again(young).state) == ("closed", "awaiting_payment")
    assert due.due_at is None
    assert young.due_at == young.pay_before


def test_the_tick_keeps_looking_at_an_order_whose_payment_is_unknown(asked):
    order, _ = asked
    Order.objects.filter(pk=order.pk).update(
        pay_before=clock.now() - timedelta(seconds=1), due_at=clock.now() - timedelta(seconds=1)
    )
    assert deadlines_run(now=clock.now())["orders.order"] == 1
    again(order)
    assert (order.state, order.due_attempts) == ("awaiting_payment", 0)
    assert timedelta() < order.due_at - clock.now() <= LOOK_AGAIN


def test_a_closed_payment_of_nobodys_order_closes_nothing():
    assert order_close_if_unpayable(order_ref="ord_nobodys", now=clock.now()) is False
    assert order_payment_take(order_ref="ord_nobodys", payment_id=1, now=clock.now()) is None
