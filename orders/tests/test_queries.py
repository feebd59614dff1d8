"""What the apps above and the office read: right, and in as many queries as it says."""

import re
from copy import copy
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from core import clock
from orders.models import Order
from orders.queries import (
    StoreDay,
    order_brief_by_ref,
    orders_brief,
    store_day,
)
from orders.services import OrderItem, order_cancel, order_close_request, order_line_cancel
from orders.tests.factories import (
    LIST_FEN,
    order_make,
    paid_make,
    shipped_make,
    sku_on_sale,
    store_open,
)
from payments.queries import order_money, staying_by_orders
from tests.database import plans

pytestmark = pytest.mark.django_db
CHINA = ZoneInfo("Asia/Shanghai")


def test_a_brief_says_what_an_order_is():
    waiting, held, closed = order_make(), paid_make(held=True), order_make()
    order_close_request(order_id=closed.pk, now=clock.now())
    briefs = orders_brief([waiting.pk, held.pk, closed.pk, 10**12])
    assert set(briefs) == {waiting.pk, held.pk, closed.pk}
    flags = [
        (b.is_awaiting, b.is_held) for b in (briefs[waiting.pk], briefs[held.pk], briefs[closed.pk])
    ]
    assert flags == [(True, False), (False, True), (False, False)]
    assert briefs[held.pk].payment_id == held.payment_id


def test_briefs_come_in_one_query(django_assert_num_queries):
    ids = [order_make().pk for _ in range(3)]
    with django_assert_num_queries(1):
        assert len(orders_brief(ids)) == 3


def test_a_brief_is_found_by_its_public_id():
    order = order_make()
    brief = order_brief_by_ref(order.public_id)
    assert brief is not None
    assert brief.id == order.pk
    assert order_brief_by_ref("ord_nobodys") is None


def test_a_stores_day_counts_what_it_kept_since_midnight(django_assert_num_queries):
    store = store_open(freight_fen=0)
    sku = sku_on_sale(store)
    noon = datetime(2026, 5, 20, 12, tzinfo=CHINA)
    paid_make(sku), paid_make(sku, quantity=2), paid_make(sku, held=True)
    shipped_make(sku)
    order_make(sku)
    gone = paid_make(sku)
    order_cancel(order_id=gone.pk, reason="断货", now=clock.now())
    Order.objects.exclude(paid_at=None).update(paid_at=noon)
    with django_assert_num_queries(2):
        day = store_day(store.pk, now=noon + timedelta(hours=1))
    assert day == StoreDay(to_ship=2, on_hold=1, paid_orders=4, paid_fen=5 * LIST_FEN)
    assert store_day(store.pk, now=noon + timedelta(days=1)) == StoreDay(2, 1, 0, 0)


@pytest.mark.parametrize(("hour", "counted"), [(0, 1), (-1, 0)])
def test_a_day_begins_at_midnight_in_china(hour, counted):
    order = paid_make()
    midnight = datetime(2026, 5, 20, tzinfo=CHINA)
    Order.objects.filter(pk=order.pk).update(paid_at=midnight + timedelta(hours=hour))
    assert store_day(order.store_id, now=midnight + timedelta(hours=9)).paid_orders == counted


def test_a_neighbours_day_is_not_ones_own_and_the_platform_sees_both():
    mine, theirs = paid_make(), paid_make()
    now = clock.now()
    assert store_day(mine.store_id, now=now).paid_orders == 1
    assert store_day(theirs.store_id, now=now).paid_orders == 1
    assert store_day(None, now=now).paid_orders == 2
    assert store_day(None, now=now).to_ship == 2


def test_what_was_asked_back_of_a_line_did_not_come_in():
    sku = sku_on_sale(store_open())
    other = sku_on_sale(sku.store)
    order = paid_make(sku, items=[OrderItem(sku.pk, 1), OrderItem(other.pk, 2)])
    whole_fen = store_day(sku.store_id, now=clock.now()).paid_fen
    order_line_cancel(
        order_id=order.pk,
        line_id=order.lines.get(sku=other).pk,
        reason="断货",
        by_id=None,
        now=clock.now(),
    )
    day = store_day(sku.store_id, now=clock.now())
    assert whole_fen - day.paid_fen == 2 * LIST_FEN
    assert day.paid_fen == staying_by_orders([order.public_id])[order.public_id]
    assert day.paid_orders == 1


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_day_is_read_by_indexes_of_what_is_open_and_of_what_was_paid(everywhere):
    """Among so many of the past that one index is not as good as another."""
    order = paid_make()
    past = clock.now() - timedelta(days=30)
    then = {"pk": None, "state": "completed", "placed_at": past, "paid_at": past, "payment": None}
    for number in range(300):
        old = copy(order)
        for name, value in {**then, "public_id": f"ord_old{number}"}.items():
            setattr(old, name, value)
        old.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_order")
    waiting, today = plans(
        lambda: store_day(None if everywhere else order.store_id, now=clock.now())
    )
    assert "orders_order_paid" in today
    for plan in (waiting, today):
        assert "Seq Scan on orders_order" not in plan
        assert everywhere or re.search(r"Index Cond: \(+store_id = ", plan)


def test_an_orders_money_is_the_ledgers(django_assert_num_queries):
    order = paid_make()
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    with django_assert_num_queries(2):
        money = order_money(order.public_id)
    assert (money.paid_fen, money.refunded_fen, money.refunding_fen) == (
        order.payable_fen,
        0,
        order.payable_fen,
    )
