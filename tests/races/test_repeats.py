"""One delivery and several workers, one order and several ticks. With controls."""

import pytest

from core import clock, deliveries
from core.deliveries import delivery_attempt
from core.facts import Subscriber, _subscribers
from core.models import Delivery, Fact
from core.prepared import Prepared
from orders.models import Order
from orders.services import order_expire
from orders.states import ORDER
from tests import cast
from tests.races.money import bought, look_first, state
from tests.races.threads import kinds, many, together, unlocked

pytestmark = pytest.mark.django_db(transaction=True)


# One delivery, several workers.


@pytest.fixture
def counting(monkeypatch):
    """The subscriber of `order.placed` only counts how often it was told."""
    bought()
    delivery = Delivery.objects.filter(name="order.placed", delivered_at=None).first()
    real, told = _subscribers[delivery.subscriber], []
    met = together(lambda: told.append(1), 6, wait_s=2)
    counter = Subscriber(real.name, real.event, lambda _event, *, now: met(), inline=False)
    monkeypatch.setitem(_subscribers, real.name, counter)
    return delivery, told


def test_one_delivery_by_six_workers_has_one_effect(counting):
    delivery, effects = counting
    told = many(lambda _: delivery_attempt(delivery.pk, now=clock.now()), 6)
    assert sum(one is True for one in told) == 1
    assert len(effects) == 1


def test_without_skip_locked_every_worker_delivers(counting, monkeypatch):
    """Control: workers read the delivery and do not lock it."""
    delivery, effects = counting
    monkeypatch.setattr(deliveries, "_CLAIM", Prepared("core_delivery_read", deliveries._OPEN))
    many(lambda _: delivery_attempt(delivery.pk, now=clock.now()), 6)
    assert len(effects) == 6


# One order, several ticks.


def expire(order, ticks):
    return many(lambda _: order_expire(order_id=order.pk, now=order.pay_before), ticks)


def closings():
    return Fact.objects.filter(name="order.closed").count()


def test_an_order_expires_once_however_many_ticks():
    order, _ = bought()
    assert kinds(expire(order, 6)) == {"ok": 6}
    cast.deliver()
    assert (state(order), closings()) == ("closed", 1)
    assert cast.broken() == []


def test_without_lock_and_compare_and_set_each_tick_closes_the_order(monkeypatch):
    """Control: both ticks have seen an order that waits for its money, and believe it."""
    order, _ = bought()
    read = unlocked(lambda pk: Order.objects.get(pk=pk), 2)
    monkeypatch.setattr("orders.services.close.order_lock", read)
    look_first(monkeypatch, ORDER, {"awaiting_payment"}, readers=1)
    assert kinds(expire(order, 2)) == {"ok": 2}
    assert closings() == 2
