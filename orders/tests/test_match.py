"""The fourth book: each order keeps exactly what its payments and refunds leave of its money."""

from datetime import timedelta

import pytest

from core import clock
from core.deliveries import deliveries_sweep
from orders.models import Order, OrderLine
from orders.money import money_story
from orders.services import (
    OrderItem,
    order_cancel,
    order_line_cancel,
    order_line_refund,
    orders_match,
)
from orders.tests.factories import order_make, paid_make, ship, sku_on_sale, store_open
from payments.bills import CHINA
from payments.models import BillDifference, Payment, TradeBill
from payments.services import bill_fetch
from payments.tests.test_bills import bill_of as empty_bill
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db


def bill_of(order):
    """The bill of the day on which the order was paid."""
    payment = Payment.objects.get(order_ref=order.public_id)
    at = payment.paid_at or payment.opened_at
    now = clock.now()
    bill, _ = TradeBill.objects.get_or_create(
        store_id=order.store_id,
        account_id=payment.account_id,
        # What happens within minutes of midnight is missed a day later.
        day=(at + timedelta(minutes=10)).astimezone(CHINA).date(),
        defaults={"fetched_at": now, "matched_at": now},
    )
    return bill


def match(order):
    new = orders_match(bill_id=bill_of(order).pk, now=clock.now())
    found = BillDifference.objects.filter(order_ref=order.public_id)
    assert new == found.count()
    return [(one.side, one.kind, one.ours_fen, one.theirs_fen) for one in found]


@pytest.fixture
def order():
    """Two lines, paid."""
    store = store_open()
    skus = [sku_on_sale(store) for _ in range(2)]
    return paid_make(skus[0], items=[OrderItem(sku.pk, 2) for sku in skus])


def test_an_order_that_keeps_what_it_cost_agrees(order):
    assert match(order) == []


def test_an_order_that_was_cancelled_keeps_nothing_and_agrees(order):
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    assert match(order) == []


def test_an_order_without_one_of_its_lines_agrees(order):
    line = order.lines.first()
    order_line_cancel(
        order_id=order.pk, line_id=line.pk, reason="断货", by_id=None, now=clock.now()
    )
    assert match(order) == []


def test_an_order_that_was_sent_and_gave_some_of_it_back_agrees(order):
    line = order.lines.first()
    ship(order)
    agreed = {"amount_fen": 700, "seen_fen": 0, "reason": "压坏了", "by_id": None}
    order_line_refund(order_id=order.pk, line_id=line.pk, **agreed, now=clock.now())
    assert match(order) == []


def test_an_order_that_is_not_paid_agrees():
    assert match(order_make()) == []


def test_an_order_that_keeps_too_much_is_named_once(order):
    Order.objects.filter(pk=order.pk).update(state="cancelled")
    paid_fen = order.payable_fen
    assert match(order) == [("order", "amount", 0, paid_fen)]
    assert orders_match(bill_id=bill_of(order).pk, now=clock.now()) == 0


def test_an_order_that_gave_a_line_up_without_a_refund_is_named(order):
    line = order.lines.first()
    OrderLine.objects.filter(pk=line.pk).update(cancelled_at=clock.now())
    keeps_fen = order.payable_fen - line.amount_fen
    assert match(order) == [("order", "amount", keeps_fen, order.payable_fen)]


def test_a_bill_that_is_matched_is_heard_of(order, monkeypatch):
    Order.objects.filter(pk=order.pk).update(state="closed")
    TradeBill.objects.all().delete()
    bill = bill_of(order)
    account_id, day = bill.account_id, bill.day
    bill.delete()
    gateway = type("Empty", (), {"trade_bill": lambda self, day: empty_bill()})()
    monkeypatch.setattr("payments.services.bills.gateway_for", lambda account: gateway)
    bill_fetch(account_id=account_id, day=day, now=clock.now())
    deliveries_sweep(now=clock.now() + timedelta(seconds=10))
    assert sorted(BillDifference.objects.values_list("side", "kind")) == [
        ("order", "amount"),
        ("payment", "not_there"),
    ]
    story = money_story(Order.objects.get(pk=order.pk))
    assert [one.amount_fen for one in story.billed] == [None, None]
    assert sum("与微信账单不符" in one for one in story.troubles) == 2


def test_the_money_page_shows_what_no_bill_has(order, client):
    payment = Payment.objects.get(order_ref=order.public_id)
    BillDifference.objects.create(
        store_id=order.store_id,
        bill=bill_of(order),
        side="payment",
        kind="not_there",
        reference=payment.out_trade_no,
        order_ref=order.public_id,
        ours_fen=payment.amount_fen,
        found_at=clock.now(),
    )
    client.force_login(staff_make(order.store).user)
    page = client.get(f"/office/orders/order/{order.pk}/money/").content.decode()
    assert "账单上没有这一笔" in page
    assert page.count(f"收款 这里有，账单没有 {payment.out_trade_no}") == 2
