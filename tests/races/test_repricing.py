"""The price of an order changes while it is paid. Each with its control."""

from threading import Barrier

import pytest
from django.db import transaction

from core import clock
from orders.models import OrderReprice
from orders.services import order_price_ask
from orders.tests.factories import settle
from payments.models import Payment, Refund
from tests import cast
from tests.races.threads import LEADS, MEETING_S, at_once, head_to_head, kinds, many

pytestmark = pytest.mark.django_db(transaction=True)


def unpaid():
    return cast.order_of(cast.buy(cast.person(), cast.sku_on_sale()))


def reprice(order, fen=5000):
    return order_price_ask(order_id=order.pk, payable_fen=fen, by_id=None, now=clock.now())


def old_attempt(order):
    return Payment.objects.get(order_ref=order.public_id)


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_price_changes_while_the_old_one_is_paid(lead_s):
    order = unpaid()
    old, payable = old_attempt(order), order.payable_fen
    told = head_to_head(lambda: reprice(order), lambda: settle(old), lead_s=lead_s)
    assert not isinstance(told[1], Exception)
    cast.deliver()
    order.refresh_from_db()
    back = list(Refund.objects.values_list("reason", "amount_fen"))
    end = (order.state, order.payable_fen, back)
    assert end in [
        ("to_ship", payable, []),
        ("awaiting_payment", 5000, [("late", payable)]),
    ]
    assert cast.broken() == []


def test_without_the_orders_lock_a_paid_order_has_another_price(orders_unlock, monkeypatch):
    """Control: both have seen an unpaid order, and the merchant's side nothing of the money."""
    order = unpaid()
    old = old_attempt(order)
    for name in ("payment_live", "payment_succeeded"):
        monkeypatch.setattr(f"orders.services.reprice.{name}", lambda _ref: None)
    monkeypatch.setattr("orders.services.reprice.payment_begin_close", lambda **_how: None)
    monkeypatch.setattr("orders.services.pay._is_price", lambda *_what: True)
    orders_unlock("reprice")
    settled = Barrier(2)

    def merchant():
        settled.wait(timeout=MEETING_S)
        return reprice(order)

    def buyer():
        with transaction.atomic():
            transaction.on_commit(lambda: settled.wait(timeout=MEETING_S))
            return settle(old)

    at_once(merchant, buyer)
    cast.deliver()
    assert [one for one in cast.broken("orders.paid_once") if order.public_id in one]


def test_six_prices_at_once_are_one():
    order = unpaid()
    told = many(lambda n: reprice(order, 5000 + n), 6)
    assert kinds(told) == {"ok": 1, "RepriceRefused": 5}
    assert Payment.objects.filter(state="open").count() == 1
    assert cast.broken() == []


def test_without_the_orders_lock_only_the_row_per_order_stops_a_second_price(orders_unlock):
    """Control: both have seen a price that was never changed. The database refuses, by an error."""
    order = unpaid()
    orders_unlock("reprice")
    told = at_once(lambda: reprice(order, 5000), lambda: reprice(order, 5001))
    assert kinds(told) == {"ok": 1, "IntegrityError": 1}
    assert OrderReprice.objects.count() == 1
