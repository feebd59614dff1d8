"""Reminders: told when it is time and still true, once."""

from datetime import timedelta

import pytest

from core import clock
from core.deadlines import deadlines_run
from notices.kinds import Kind
from notices.models import Notice, NoticeDelivery, Reminder
from notices.services import pay_reminder_set, receive_reminder_set, reminder_due
from orders.services import order_close_request, order_receive, order_receive_extend
from orders.tests.factories import deliver, order_make, pay, shipped_make, sku_on_sale, store_open

pytestmark = pytest.mark.django_db(transaction=True)


def ring(kind, *, before):
    """The reminder's handler, so long before what it is about."""
    reminder = Reminder.objects.select_related("order").get(kind=kind)
    order = reminder.order
    at = order.pay_before if kind == Kind.PAY_SOON else order.receive_before
    return reminder_due(reminder_id=reminder.pk, now=at - before)


def told(kind):
    return Notice.objects.filter(kind=kind)


def order_waiting():
    """Half an hour to pay."""
    order = order_make(sku_on_sale(store_open(payment_window_s=1800)))
    deliver()
    return order


def order_sent():
    order = shipped_make()
    deliver()
    return order


def test_an_unpaid_order_is_reminded_of_five_minutes_before_it_closes():
    order = order_waiting()
    assert Reminder.objects.get().due_at == order.pay_before - timedelta(minutes=5)
    assert ring(Kind.PAY_SOON, before=timedelta(minutes=5)) is None
    notice = told(Kind.PAY_SOON).get()
    assert (notice.user_id, notice.path) == (order.buyer_id, f"/orders/{order.public_id}/pay/")
    assert not Reminder.objects.exists()


def paid(order):
    pay(order.public_id)
    deliver()


def given_up(order):
    order_close_request(order_id=order.pk, now=clock.now())


@pytest.mark.parametrize("how", [paid, given_up])
def test_who_has_paid_or_given_up_is_not_reminded(how):
    how(order_waiting())
    ring(Kind.PAY_SOON, before=timedelta(minutes=5))
    assert not told(Kind.PAY_SOON).exists()


def test_a_worker_that_comes_after_the_end_reminds_nobody():
    order_waiting()
    ring(Kind.PAY_SOON, before=-timedelta(seconds=1))
    assert not told(Kind.PAY_SOON).exists()


def test_a_quarter_of_an_hour_which_is_what_stores_give_is_enough_to_be_reminded():
    """The reminder is set a moment after the order was placed, when less than that is left."""
    store = store_open()
    assert store.payment_window_s == 900
    order = order_make(sku_on_sale(store))
    deliver()
    assert order.pay_before - clock.now() < timedelta(seconds=900)
    assert Reminder.objects.get().due_at == order.pay_before - timedelta(minutes=5)
    ring(Kind.PAY_SOON, before=timedelta(minutes=5))
    assert told(Kind.PAY_SOON).get().user_id == order.buyer_id


def test_who_has_ten_minutes_is_not_reminded():
    order_make(sku_on_sale(store_open(payment_window_s=600)))
    deliver()
    assert not Reminder.objects.exists()


def test_a_day_before_it_counts_as_received_the_buyer_is_told():
    order = order_sent()
    reminder = Reminder.objects.get(kind=Kind.RECEIVE_SOON)
    assert reminder.due_at == order.receive_before - timedelta(hours=24)
    ring(Kind.RECEIVE_SOON, before=timedelta(hours=24))
    assert told(Kind.RECEIVE_SOON).get().user_id == order.buyer_id
    # It costs a right, so whoever does not open the shop hears of it, too.
    assert NoticeDelivery.objects.filter(notice__kind=Kind.RECEIVE_SOON).count() == 1


def test_who_asked_for_more_time_is_told_later():
    order = order_sent()
    before = order.receive_before
    until = order_receive_extend(order_id=order.pk, by_id=order.buyer_id, now=clock.now())
    reminder = Reminder.objects.get(kind=Kind.RECEIVE_SOON)
    later = reminder_due(reminder_id=reminder.pk, now=before - timedelta(hours=24))
    assert later == until - timedelta(hours=24)
    assert not told(Kind.RECEIVE_SOON).exists()
    assert Reminder.objects.filter(pk=reminder.pk).exists()


def test_only_who_may_ask_for_more_time_is_told_to():
    for extended, said in ((False, "请延长收货"), (True, "请马上联系商家")):
        order = order_sent()
        if extended:
            order_receive_extend(order_id=order.pk, by_id=order.buyer_id, now=clock.now())
        order.refresh_from_db()
        pk = Reminder.objects.get(kind=Kind.RECEIVE_SOON).pk
        reminder_due(reminder_id=pk, now=order.receive_before - timedelta(hours=23))
        notice = told(Kind.RECEIVE_SOON).get(user_id=order.buyer_id)
        assert said in notice.body, notice.body


def test_who_has_the_goods_is_not_told():
    order = order_sent()
    order_receive(order_id=order.pk, now=clock.now())
    ring(Kind.RECEIVE_SOON, before=timedelta(hours=24))
    assert not told(Kind.RECEIVE_SOON).exists()


def test_setting_and_ringing_twice_is_told_once():
    order = order_waiting()
    pay_reminder_set(order_id=order.pk, now=clock.now())
    pk = Reminder.objects.get().pk
    for _ in range(2):
        reminder_due(reminder_id=pk, now=order.pay_before - timedelta(minutes=5))
    pay_reminder_set(order_id=order.pk, now=clock.now())
    ring(Kind.PAY_SOON, before=timedelta(minutes=4))
    assert told(Kind.PAY_SOON).count() == 1


def test_the_clock_rings_it():
    order = order_sent()
    receive_reminder_set(order_id=order.pk, now=clock.now())
    Reminder.objects.update(due_at=clock.now())
    type(order).objects.update(receive_before=clock.now() + timedelta(hours=20))
    deadlines_run(now=clock.now())
    assert told(Kind.RECEIVE_SOON).count() == 1
    assert not Reminder.objects.filter(kind=Kind.RECEIVE_SOON).exists()
