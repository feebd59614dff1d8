"""Cancelling a paid order: stock free again and the money back, once, by whoever may."""

import pytest

from catalog.models import Sku
from core import clock
from core.models import Fact
from orders.models import Order
from orders.services import CancelRefused, order_cancel, order_close_request, order_receive
from orders.tests.factories import deliver, order_make, paid_make, shipped_make
from payments.models import Payment, Refund

pytestmark = pytest.mark.django_db


def cancel(order: Order, **changes: object) -> bool:
    return order_cancel(
        **{"order_id": order.pk, "reason": "霜冻，没有收成", "now": clock.now(), **changes}  # type: ignore[arg-type]
    )


def books() -> tuple[int, int, int]:
    """Refunds, fen on their way back, pieces reserved."""
    back = sum(Refund.objects.values_list("amount_fen", flat=True))
    return Refund.objects.count(), back, sum(Sku.objects.values_list("reserved", flat=True))


def test_a_paid_order_is_cancelled_in_full():
    order = paid_make(quantity=2)
    assert cancel(order) is True
    order.refresh_from_db()
    assert (order.state, order.cancel_reason, order.due_at) == ("cancelled", "霜冻，没有收成", None)
    assert books() == (1, order.payable_fen, 0)
    refund = Refund.objects.get()
    assert (refund.reason, refund.payment_id) == ("cancelled", order.payment_id)
    assert Fact.objects.filter(name="order.cancelled").count() == 1


def test_cancelling_twice_pays_back_once():
    order = paid_make()
    assert [cancel(order), cancel(order)] == [True, False]
    assert books() == (1, order.payable_fen, 0)
    assert Fact.objects.filter(name="order.cancelled").count() == 1


def test_a_held_order_is_not_the_merchants_to_cancel():
    order = paid_make(held=True)
    with pytest.raises(CancelRefused, match="拼团"):
        cancel(order)
    order.refresh_from_db()
    assert (order.state, books()) == ("on_hold", (0, 0, 1))


def test_the_owner_of_the_hold_cancels_it():
    order = paid_make(held=True)
    assert cancel(order, hold_kind="group") is True
    order.refresh_from_db()
    assert (order.state, order.holds.get().closed_at is not None) == ("cancelled", True)
    assert books() == (1, order.payable_fen, 0)
    assert Refund.objects.get().reason == "group_failed"


def test_another_kind_of_owner_does_not():
    order = paid_make(held=True)
    with pytest.raises(CancelRefused):
        cancel(order, hold_kind="risk")
    assert books() == (0, 0, 1)


def completed() -> Order:
    order = shipped_make()
    order_receive(order_id=order.pk, now=clock.now())
    order.refresh_from_db()
    return order


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (order_make, "还没有付款"),
        (shipped_make, "已经发货"),
        (completed, "已经发货"),
    ],
)
def test_what_is_not_paid_or_has_left_is_refused(make, why):
    order = make()
    before = (order.state, books())
    with pytest.raises(CancelRefused, match=why):
        cancel(order)
    order.refresh_from_db()
    assert (order.state, books()) == before


def test_a_closed_order_has_nothing_to_cancel():
    order = order_make()
    order_close_request(order_id=order.pk, now=clock.now())
    assert cancel(order) is False
    order.refresh_from_db()
    assert (order.state, books()) == ("closed", (0, 0, 0))


def test_a_long_reason_is_cut_to_what_the_page_shows():
    order = paid_make()
    cancel(order, reason="因" * 500)
    order.refresh_from_db()
    assert order.cancel_reason == "因" * 120


def test_the_refund_is_queued_by_the_fact_and_not_in_the_transaction(broker):
    order = paid_make()
    cancel(order)
    assert broker.call_count == 0
    assert Fact.objects.filter(name="refund.requested").count() == 1
    deliver()
    assert Payment.objects.get().refunded_fen == order.payable_fen
