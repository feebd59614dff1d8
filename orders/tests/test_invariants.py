"""Every invariant is broken once, behind the services' back, and named at the row that broke it."""

from datetime import timedelta

import pytest
from django.db import transaction

from catalog.models import Sku
from core import clock
from core.invariants import audit, invariants
from orders.models import Order, OrderHold, OrderLine, OrderReprice
from orders.services import OrderItem, order_cancel, order_close_request, order_price_ask
from orders.tests.factories import (
    LIST_FEN,
    deliver,
    order_make,
    paid_make,
    settle,
    shipped_make,
    sku_on_sale,
)
from payments.models import Payment, Refund
from payments.tests.factories import payment_paid_make
from tests.database import unguarded

pytestmark = pytest.mark.django_db

OURS = [one.name for one in invariants() if one.name.startswith("orders.")]


def broken(*, later=timedelta(0)):
    return [(v.invariant, v.row) for v in audit(now=clock.now() + later, names=OURS)]


@pytest.fixture
def life():
    """An order of every kind, soundly come by."""
    sku = sku_on_sale()
    orders = {
        "awaiting": order_make(sku),
        "held": paid_make(sku, held=True),
        "to_ship": paid_make(sku, quantity=2),
        "shipped": shipped_make(sku),
        "closed": order_make(sku),
        "cancelled": paid_make(sku),
        "late": order_make(sku),
    }
    order_close_request(order_id=orders["closed"].pk, now=clock.now())
    order_cancel(order_id=orders["cancelled"].pk, reason="断货", now=clock.now())
    payment = Payment.objects.get(order_ref=orders["late"].public_id)
    order_close_request(order_id=orders["late"].pk, now=clock.now())
    settle(payment)
    deliver()
    for order in orders.values():
        order.refresh_from_db()
    return orders


def change(order, **values):
    Order.objects.filter(pk=order.pk).update(**values)


def named(invariant, order):
    return (invariant, f"order {order.public_id}")


def test_every_invariant_of_orders_is_broken_here():
    assert OURS == [
        "orders.discounts_add_up",
        "orders.holds",
        "orders.lines_add_up",
        "orders.lines_cancelled",
        "orders.money_in",
        "orders.paid_once",
        "orders.rebates",  # in test_refund_line
        "orders.repriced",
        "orders.reviews",  # in test_risk
        "orders.shipped",
        "orders.stock_reserved",
        "orders.unpaid_closed",
    ]


def test_sound_orders_break_nothing(life):
    assert broken() == []
    assert broken(later=timedelta(minutes=10)) == []


@pytest.mark.parametrize("reserved", [3, 5])
def test_stock_that_orders_do_not_want_is_named(life, reserved):
    sku = Sku.objects.get()
    assert sku.reserved == 4
    Sku.objects.update(reserved=reserved)
    assert broken() == [("orders.stock_reserved", f"sku {sku.public_id}")]


def test_an_order_that_wants_stock_again_is_named(life):
    """Closed orders gave theirs back: one that comes alive has none."""
    change(life["closed"], state="awaiting_payment")
    assert broken()[0][0] == "orders.stock_reserved"


def test_a_line_that_is_gone_is_named(life):
    OrderLine.objects.filter(order=life["shipped"]).delete()
    assert broken() == [named("orders.lines_add_up", life["shipped"])]


def test_goods_that_are_not_the_lines_are_named(life):
    order = life["shipped"]
    change(order, goods_fen=order.goods_fen + 1, freight_fen=order.freight_fen - 1)
    assert broken() == [named("orders.lines_add_up", order)]


@pytest.fixture(params=[-777, 777, -2 * LIST_FEN, -2 * LIST_FEN - 1])
def repriced(request):
    """An order of two lines whose price the merchant changed."""
    sku = sku_on_sale()
    other = sku_on_sale(sku.store)
    order = order_make(sku, items=[OrderItem(sku.pk, 1), OrderItem(other.pk, 1)])
    fen = order.payable_fen + request.param
    assert order_price_ask(order_id=order.pk, payable_fen=fen, by_id=None, now=clock.now())
    order.refresh_from_db()
    return order


def test_a_price_that_was_changed_as_asked_breaks_nothing(repriced):
    assert repriced.adjust_fen != 0
    assert broken() == []


@pytest.mark.parametrize("values", [{"after_fen": 1234}, {"applied_at": None}])
def test_a_price_that_nobody_asked_for_is_named(repriced, values):
    OrderReprice.objects.filter(order=repriced).update(**values)
    assert broken() == [named("orders.repriced", repriced)]


def test_lines_that_share_another_change_are_named(repriced, life):
    line = repriced.lines.first()
    OrderLine.objects.filter(pk=line.pk).update(adjust_fen=line.adjust_fen + 1)
    OrderLine.objects.filter(order=life["to_ship"]).update(adjust_fen=5)
    assert sorted(broken()) == sorted(
        named("orders.repriced", order) for order in (repriced, life["to_ship"])
    )


def test_money_that_is_kept_and_given_back_is_named(life):
    order = life["to_ship"]
    Refund.objects.create(
        store=order.store,
        payment=order.payment,
        order_ref=order.public_id,
        out_refund_no="r1",
        reason="duplicate",
        amount_fen=order.payable_fen,
        requested_at=clock.now(),
    )
    found = broken(later=timedelta(minutes=2))
    assert found == [("orders.money_in", f"payment {order.payment.public_id}")]
    assert broken() == []  # the facts of the last minute may still be on their way


@pytest.mark.parametrize("which", ["cancelled", "late"])
def test_money_that_is_neither_kept_nor_given_back_is_named(life, which):
    order = life[which]
    with unguarded():
        Refund.objects.filter(payment=order.payment).update(amount_fen=order.payable_fen - 1)
    found = broken(later=timedelta(minutes=2))
    assert found == [("orders.money_in", f"payment {order.payment.public_id}")]


def test_money_without_an_order_is_named(life):
    payment = payment_paid_make()
    deliver()
    found = broken(later=timedelta(minutes=2))
    assert found == [("orders.money_in", f"payment {payment.public_id}")]


def test_a_paid_order_without_a_payment_is_named(life):
    change(life["to_ship"], payment=None)
    assert broken() == [named("orders.paid_once", life["to_ship"])]


def test_a_payment_of_another_amount_is_named(life):
    order = life["held"]
    change(order, payable_fen=order.payable_fen + 1, freight_fen=order.freight_fen + 1)
    assert broken() == [named("orders.paid_once", order)]


def test_somebody_elses_payment_is_named(life):
    change(life["held"], payment=life["shipped"].payment)
    assert named("orders.paid_once", life["held"]) in broken()


def test_an_unpaid_order_that_says_it_was_paid_for_is_named(life):
    change(life["closed"], payment=life["shipped"].payment)
    assert broken() == [named("orders.paid_once", life["closed"])]


def test_an_order_that_waits_for_money_for_ever_is_named(life):
    assert named("orders.unpaid_closed", life["awaiting"]) in broken(later=timedelta(hours=1))
    change(life["awaiting"], close_requested_at=clock.now() - timedelta(minutes=36))
    assert broken() == [named("orders.unpaid_closed", life["awaiting"])]


def test_an_open_hold_of_an_order_that_may_ship_is_named(life):
    order = life["to_ship"]
    OrderHold.objects.create(
        store=order.store, order=order, kind="group", reference="x", opened_at=clock.now()
    )
    assert broken() == [named("orders.holds", order)]


def test_an_order_on_hold_for_no_reason_is_named(life):
    OrderHold.objects.update(closed_at=clock.now())
    assert broken() == [named("orders.holds", life["held"])]


def test_a_shipped_order_without_a_parcel_is_named(life):
    life["shipped"].shipments.all().delete()
    assert broken() == [named("orders.shipped", life["shipped"])]


@pytest.mark.parametrize("overdue", [True, False])
def test_a_parcel_that_is_never_received_is_named(life, overdue):
    before = clock.now() - timedelta(minutes=11) if overdue else None
    change(life["shipped"], receive_before=before)
    assert broken() == [named("orders.shipped", life["shipped"])]


def test_the_database_itself_refuses_sums_that_are_wrong(life):
    """Beneath the audit: what a constraint can say, a constraint says."""
    order = life["shipped"]
    for row, values in [
        (Order.objects.filter(pk=order.pk), {"payable_fen": order.payable_fen + 1}),
        (Order.objects.filter(pk=order.pk), {"payable_fen": 0, "goods_fen": 0, "freight_fen": 0}),
        (OrderLine.objects.filter(order=order), {"amount_fen": 1}),
        (OrderLine.objects.filter(order=order), {"quantity": 0, "amount_fen": 0}),
    ]:
        with pytest.raises(Exception, match="violates check constraint"), transaction.atomic():
            row.update(**values)
