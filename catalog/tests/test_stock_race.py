"""Many buyers at once: real threads on PostgreSQL, with the control that shows the race."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from catalog.models import Sku
from catalog.services import OutOfStock, stock_release, stock_reserve
from catalog.tests.factories import sku_make
from core import clock
from core.invariants import audit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

BUYERS = 16


def at_once(act, count=BUYERS):
    barrier = Barrier(count)

    def run(number):
        try:
            barrier.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_sixteen_buyers_for_five_leave_exactly_five():
    sku = sku_make(on_hand=5)

    def buy(number):
        try:
            with transaction.atomic():
                stock_reserve(lines={sku.pk: 1}, reference=f"ord_{number}", now=clock.now())
        except OutOfStock:
            return 0
        return 1

    assert sum(at_once(buy)) == 5
    sku.refresh_from_db()
    assert (sku.on_hand, sku.reserved) == (5, 5)
    assert audit(now=clock.now(), names=["stock.movements_add_up"]) == []


def test_without_the_condition_the_same_buyers_lose_updates():
    sku = sku_make(on_hand=5)
    read = Barrier(BUYERS)

    def buy(number):
        seen = Sku.objects.get(pk=sku.pk)
        read.wait()
        if seen.available < 1:
            return 0
        Sku.objects.filter(pk=sku.pk).update(reserved=seen.reserved + 1)
        return 1

    assert sum(at_once(buy)) > 5


def test_two_orders_for_the_same_two_skus_do_not_wait_for_each_other_forever():
    one, two = sku_make(on_hand=100), sku_make(on_hand=100)

    def buy(number):
        lines = {one.pk: 1, two.pk: 1} if number % 2 else {two.pk: 1, one.pk: 1}
        with transaction.atomic():
            stock_reserve(lines=lines, reference=f"ord_{number}", now=clock.now())
        return 1

    assert sum(at_once(buy)) == BUYERS


def test_sixteen_cancellations_of_one_order_restore_it_once():
    sku = sku_make(on_hand=5)
    with transaction.atomic():
        stock_reserve(lines={sku.pk: 4}, reference="ord_1", now=clock.now())

    def cancel(number):
        with transaction.atomic():
            stock_release(lines={sku.pk: 4}, reference="ord_1", now=clock.now())

    at_once(cancel)
    sku.refresh_from_db()
    assert (sku.on_hand, sku.reserved) == (5, 0)
