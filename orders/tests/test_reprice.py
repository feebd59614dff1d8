"""The merchant changes the price of an unpaid order: once, and never under a payer's hands."""

from datetime import timedelta

import pytest

from core import clock
from core.invariants import audit
from core.models import Fact
from orders.amounts import line_paid_fen
from orders.models import OrderReprice
from orders.services import (
    OrderItem,
    RepriceRefused,
    order_close_request,
    order_expire,
    order_price_ask,
)
from orders.tests.factories import (
    FREIGHT_FEN,
    LIST_FEN,
    deliver,
    order_make,
    paid_make,
    pay,
    person,
    settle,
    sku_on_sale,
    store_open,
)
from payments.models import MerchantAccount, Payment, Refund
from payments.services import payment_close
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db
TOTAL = LIST_FEN + FREIGHT_FEN


def ask(order, fen, **changes):
    return order_price_ask(
        **{"order_id": order.pk, "payable_fen": fen, "by_id": None, "now": clock.now(), **changes}
    )


def again(order):
    order.refresh_from_db()
    return order


def broken():
    found = audit(now=clock.now() + timedelta(minutes=2))
    return [str(one) for one in found if one.invariant.startswith(("orders.", "payments."))]


def attempts(order):
    rows = Payment.objects.filter(order_ref=order.public_id).order_by("pk")
    return list(rows.values_list("state", "amount_fen"))


@pytest.mark.parametrize("fen", [1, 500, TOTAL - 1, TOTAL + 1000])
def test_an_attempt_nobody_heard_of_makes_room_at_once(fen):
    order = order_make()
    assert ask(order, fen) is True
    assert (again(order).payable_fen, order.adjust_fen) == (fen, fen - TOTAL)
    assert attempts(order) == [("closed", TOTAL), ("open", fen)]
    assert order.state == "awaiting_payment"
    pay(order.public_id)
    deliver()
    assert again(order).state == "to_ship"
    assert not Refund.objects.exists()
    assert Fact.objects.filter(name="order.repriced").count() == 1
    assert broken() == []


@pytest.mark.parametrize("off", [1, 777, 5900 * 3, 5900 * 3 + 599])
def test_lines_share_the_difference_and_freight_takes_the_rest(off):
    store = store_open()
    one, two = sku_on_sale(store), sku_on_sale(store)
    order = order_make(one, items=[OrderItem(one.pk, 2), OrderItem(two.pk, 1)])
    ask(order, order.payable_fen - off)
    lines = order.lines.order_by("pk")
    paid = [line_paid_fen(line) for line in lines]
    assert min(paid) >= 0
    assert sum(paid) == max(3 * LIST_FEN - off, 0)


def test_wechat_closes_the_old_attempt_first(asked, provider):
    order, payment = asked
    assert ask(order, 5000) is False
    assert again(order).payable_fen == TOTAL
    assert attempts(order) == [("closing", TOTAL)]
    deliver()
    assert attempts(order) == [("closing", TOTAL)]
    assert payment_close(payment_id=payment.pk, now=clock.now()) is True
    deliver()
    assert provider.count("close") == 1
    assert (again(order).payable_fen, order.state) == (5000, "awaiting_payment")
    assert attempts(order) == [("closed", TOTAL), ("open", 5000)]
    assert broken() == []


def test_a_buyer_who_paid_meanwhile_pays_the_old_price(asked, provider):
    order, payment = asked
    ask(order, 5000)
    provider.pay(payment.out_trade_no)
    assert payment_close(payment_id=payment.pk, now=clock.now()) is False
    deliver()
    assert (again(order).payable_fen, order.state) == (TOTAL, "to_ship")
    assert OrderReprice.objects.get().applied_at is None
    assert not Refund.objects.exists()
    assert broken() == []


def test_money_of_the_old_price_after_all_goes_back():
    order = order_make()
    old = Payment.objects.get()
    ask(order, 5000)
    settle(old)
    deliver()
    assert again(order).state == "awaiting_payment"
    refund = Refund.objects.get()
    assert (refund.payment_id, refund.amount_fen, refund.reason) == (old.pk, TOTAL, "late")
    pay(order.public_id)
    deliver()
    assert again(order).state == "to_ship"
    assert Refund.objects.count() == 1
    assert broken() == []


def test_money_of_the_old_price_does_not_keep_the_order_open():
    order = order_make()
    old = Payment.objects.get()
    ask(order, 5000)
    settle(old)
    order_expire(order_id=order.pk, now=order.pay_before)
    deliver()
    assert (again(order).state, order.payment_id) == ("closed", None)
    assert Refund.objects.get().amount_fen == TOTAL
    assert broken() == []


def test_money_of_the_old_price_after_closing_goes_back():
    order = order_make()
    old = Payment.objects.get()
    ask(order, 5000)
    order_close_request(order_id=order.pk, now=clock.now())
    deliver()
    settle(old)
    deliver()
    assert (again(order).state, order.payment_id) == ("closed", None)
    assert Refund.objects.get().payment_id == old.pk
    assert broken() == []


def test_the_price_changes_once():
    order = order_make()
    ask(order, 5000)
    with pytest.raises(RepriceRefused, match="改过一次"):
        ask(order, 4000)
    assert again(order).payable_fen == 5000


def closing(order):
    order_close_request(order_id=order.pk, now=clock.now())
    return order


@pytest.mark.parametrize(
    ("make", "fen", "words"),
    [
        (order_make, 0, "0.01"),
        (order_make, -5, "0.01"),
        (order_make, TOTAL, "没有改动"),
        (paid_make, 5000, "已经付款"),
        (lambda: closing(order_make()), 5000, "不能改价"),
        (lambda: order_make(held=True), 5000, "活动"),
    ],
)
def test_what_cannot_be_repriced_says_why(make, fen, words):
    order = make()
    before = (again(order).payable_fen, attempts(order))
    with pytest.raises(RepriceRefused, match=words):
        ask(order, fen)
    assert (again(order).payable_fen, attempts(order)) == before
    assert not OrderReprice.objects.exists()


def test_money_that_is_here_but_not_told_of_yet_counts():
    order = order_make()
    Payment.objects.update(state="succeeded", paid_at=clock.now(), due_at=None)
    with pytest.raises(RepriceRefused, match="已经付款"):
        ask(order, 5000)


def test_a_window_that_ends_meanwhile_closes_the_order(asked, provider):
    order, payment = asked
    ask(order, 5000)
    order_expire(order_id=order.pk, now=order.pay_before)
    payment_close(payment_id=payment.pk, now=clock.now())
    deliver()
    assert (again(order).state, order.payable_fen) == ("closed", TOTAL)
    assert attempts(order) == [("closed", TOTAL)]


def test_both_sides_see_old_and_new(client):
    who = person()
    order = order_make(sku_on_sale(), who=who)
    client.force_login(staff_make(order.store).user)
    path = f"/office/orders/order/{order.pk}/reprice/"
    assert 'value="65.00"' in client.get(path).content.decode()
    assert "12.50" in client.post(path, {"payable_fen": "abc"}).content.decode()
    page = client.post(path, {"payable_fen": "50"}, follow=True).content.decode()
    assert "已改价" in page
    assert "¥65.00 → ¥50.00" in page
    assert "改过一次" in client.post(path, {"payable_fen": "40"}).content.decode()
    client.force_login(who.user)
    page = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "−¥15.00" in page
    assert "¥65.00 → ¥50.00" in page
    assert client.get(f"/orders/{order.public_id}/pay/").status_code == 200


def test_a_store_that_takes_no_payments_changes_no_price(client):
    order = order_make()
    MerchantAccount.objects.update(is_active=False)
    with pytest.raises(RepriceRefused, match="启用商户号"):
        ask(order, 500)
    assert not OrderReprice.objects.exists()
    client.force_login(staff_make(order.store).user)
    answer = client.post(f"/office/orders/order/{order.pk}/reprice/", {"payable_fen": "5"})
    assert (answer.status_code, "启用商户号" in answer.content.decode()) == (200, True)


def test_a_number_that_is_switched_off_while_the_old_attempt_closes_is_paid_all_the_same(asked):
    order, payment = asked
    assert ask(order, 5000) is False
    MerchantAccount.objects.update(is_active=False)
    assert payment_close(payment_id=payment.pk, now=clock.now()) is True
    deliver()
    assert attempts(order) == [("closed", TOTAL), ("open", 5000)]
    assert broken() == []
