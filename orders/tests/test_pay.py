"""What money means for an order: paid, late, or once too often."""

from datetime import timedelta

import pytest

from catalog.models import Sku
from core import clock
from core.models import Delivery, Fact
from orders.models import Order
from orders.services import (
    order_cancel,
    order_close_request,
    order_payment_take,
    order_receive,
    order_ship,
)
from orders.tests.factories import (
    deliver,
    order_make,
    paid_make,
    pay,
    settle,
    shipped_make,
    sku_on_sale,
)
from payments.models import Payment, Refund
from payments.tests.factories import payment_open, payment_paid_make

pytestmark = pytest.mark.django_db


def second_payment(order: Order) -> Payment:
    """Another attempt at the same order whose money arrives as well: a channel was switched."""
    attempt = payment_open(
        store_id=order.store_id,
        order_ref=order.public_id,
        payer_id=order.buyer_id,
        amount_fen=order.payable_fen,
        description="重复",
        expires_at=clock.now() + timedelta(minutes=5),
        now=clock.now(),
    )
    settle(attempt)
    deliver()
    return attempt


def refunds() -> list[tuple[int, str, int]]:
    return list(Refund.objects.values_list("payment_id", "reason", "amount_fen"))


def facts(order: Order) -> list[str]:
    rows = Fact.objects.filter(subject="order", subject_id=order.pk).order_by("pk")
    return list(rows.values_list("name", flat=True))


def test_money_makes_an_order_ready_to_ship():
    order = order_make()
    pay(order.public_id)
    deliver()
    order.refresh_from_db()
    payment = Payment.objects.get()
    assert (order.state, order.payment_id, order.due_at) == ("to_ship", payment.pk, None)
    assert order.paid_at is not None
    assert order.released_at is not None
    assert facts(order) == ["order.placed", "order.paid"]
    assert refunds() == []
    sku = Sku.objects.get()
    assert (sku.on_hand, sku.reserved) == (100, 1)


def test_a_held_order_waits():
    order = paid_make(held=True)
    assert (order.state, order.released_at) == ("on_hold", None)
    assert facts(order) == ["order.placed", "order.paid"]
    assert order.holds.get().closed_at is None


def test_being_told_twice_changes_nothing():
    order = paid_make()
    before = Order.objects.filter(pk=order.pk).values().get()
    for _ in range(2):
        state = order_payment_take(
            order_ref=order.public_id, payment_id=order.payment_id, now=clock.now()
        )
        assert state == "to_ship"
    assert Order.objects.filter(pk=order.pk).values().get() == before
    assert refunds() == []
    assert facts(order) == ["order.placed", "order.paid"]


def test_being_told_again_after_shipping_refunds_nothing():
    order = shipped_make()
    order_payment_take(order_ref=order.public_id, payment_id=order.payment_id, now=clock.now())
    assert refunds() == []


def test_money_for_an_order_nobody_has_is_left_to_the_audit():
    payment = payment_paid_make()
    assert (
        order_payment_take(order_ref="ord_nobodys", payment_id=payment.pk, now=clock.now()) is None
    )
    deliver()
    assert refunds() == []
    assert not Delivery.objects.filter(delivered_at=None).exists()


def test_money_after_closing_goes_back_in_full_and_sells_nothing():
    sku = sku_on_sale(on_hand=1)
    order = order_make(sku)
    payment = Payment.objects.get()
    order_close_request(order_id=order.pk, now=clock.now())
    deliver()
    settle(payment)
    deliver()
    order.refresh_from_db()
    assert (order.state, order.payment_id) == ("cancelled", payment.pk)
    assert "退回" in order.cancel_reason
    assert facts(order) == ["order.placed", "order.closed", "order.paid_late"]
    assert refunds() == [(payment.pk, "late", order.payable_fen)]
    sku.refresh_from_db()
    assert (sku.on_hand, sku.reserved) == (1, 0)


def test_late_money_told_twice_goes_back_once():
    order = order_make()
    payment = Payment.objects.get()
    order_close_request(order_id=order.pk, now=clock.now())
    settle(payment)
    deliver()
    for _ in range(2):
        order_payment_take(order_ref=order.public_id, payment_id=payment.pk, now=clock.now())
    assert refunds() == [(payment.pk, "late", order.payable_fen)]


def cancelled():
    order = paid_make()
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    return order


def completed():
    order = shipped_make()
    order_receive(order_id=order.pk, now=clock.now())
    return order


@pytest.mark.parametrize(
    "make", [paid_make, lambda: paid_make(held=True), shipped_make, completed, cancelled]
)
def test_a_second_payment_goes_back_and_the_first_stays(make):
    order = make()
    order.refresh_from_db()
    state, first, before = order.state, order.payment_id, set(refunds())
    second = second_payment(order)
    order.refresh_from_db()
    assert (order.state, order.payment_id) == (state, first)
    assert set(refunds()) - before == {(second.pk, "duplicate", order.payable_fen)}
    order_payment_take(order_ref=order.public_id, payment_id=second.pk, now=clock.now())
    assert Refund.objects.filter(payment=second).count() == 1


def test_a_second_payment_after_late_money_goes_back_too():
    order = order_make()
    first = Payment.objects.get()
    order_close_request(order_id=order.pk, now=clock.now())
    settle(first)
    deliver()
    second = second_payment(order)
    assert set(refunds()) == {
        (first.pk, "late", order.payable_fen),
        (second.pk, "duplicate", order.payable_fen),
    }


def test_money_that_arrives_while_closing_is_kept(asked):
    """Only the time was up, and the buyer had paid: the order is paid and says so."""
    order, payment = asked
    order_close_request(order_id=order.pk, now=clock.now())
    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == ("awaiting_payment", "没有在时限内付款")
    settle(payment)
    deliver()
    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == ("to_ship", "")
    assert refunds() == []


def test_a_paid_order_ships_though_closing_was_asked_for(asked):
    order, payment = asked
    order_close_request(order_id=order.pk, now=clock.now())
    settle(payment)
    deliver()
    order_ship(
        order_id=order.pk, carrier="zto", tracking_no="ZT123456", by_id=None, now=clock.now()
    )
    order.refresh_from_db()
    assert order.state == "shipped"
