"""An order between payment and doorstep: parcels, prices and cancelled lines. Each with its control."""

import pytest

from catalog.models import Sku
from core import clock
from core.idempotency import form_key_new
from orders.models import Order, Shipment
from orders.services import OrderItem, order_buy, order_ship
from tests import cast
from tests.races.threads import at_once, kinds, many, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders_unlock(monkeypatch):
    """For controls: from its call on, the next two readers of an order both see it unlocked."""

    def unlock(*modules):
        read = together(lambda **key: Order.objects.get(**key), 2)
        for module in modules:
            path = f"orders.services.{module}"
            monkeypatch.setattr(f"{path}.order_lock", lambda pk: read(pk=pk))
        monkeypatch.setattr(
            "orders.services.pay.order_lock_by_ref", lambda ref: read(public_id=ref)
        )

    return unlock


def paid(*quantities):
    """A paid order with a line for each quantity."""
    store, who = cast.store_open(), cast.person()
    ref = order_buy(
        form_key=form_key_new(),
        buyer_id=who.id,
        store_id=store.pk,
        items=[OrderItem(cast.sku_on_sale(store).pk, one) for one in quantities],
        address=who.address,
        note="",
        expected_payable_fen=None,
        now=clock.now(),
    )
    cast.pay(ref)
    cast.deliver()
    return cast.order_of(ref)


def send(order, number, quantities=None):
    return order_ship(
        order_id=order.pk,
        carrier="sf",
        tracking_no=f"SF0000000{number}",
        by_id=None,
        now=clock.now(),
        quantities=quantities,
    )


# Parcels.


def test_two_parcels_at_once_never_hold_more_than_was_bought():
    order = paid(3)
    line = order.lines.get()
    told = many(lambda n: send(order, n, {line.pk: 2}), 4)
    assert kinds(told) == {"ok": 1, "ShipRefused": 3}
    line.refresh_from_db()
    sku = Sku.objects.get()
    assert (line.shipped_quantity, sku.on_hand, sku.reserved) == (2, 98, 1)
    assert cast.broken() == []


def test_without_the_orders_lock_only_the_constraint_stops_the_second_parcel(orders_unlock):
    """Control: both have seen three to send. The database refuses, by an error."""
    order = paid(3)
    line = order.lines.get()
    orders_unlock("ship")
    told = at_once(lambda: send(order, 1, {line.pk: 2}), lambda: send(order, 2, {line.pk: 2}))
    assert kinds(told) == {"ok": 1, "IntegrityError": 1}
    assert Shipment.objects.count() == 1


def test_the_last_two_parcels_at_once_ship_the_order_once():
    order = paid(2, 2)
    one, two = order.lines.order_by("pk")
    told = at_once(lambda: send(order, 1, {one.pk: 2}), lambda: send(order, 2, {two.pk: 2}))
    assert kinds(told) == {"ok": 2}
    order.refresh_from_db()
    assert (order.state, Shipment.objects.count()) == ("shipped", 2)
    assert cast.broken() == []


def test_without_the_orders_lock_everything_is_sent_and_the_order_is_not_shipped(orders_unlock):
    """Control: each parcel believes that the other line is still to be sent."""
    order = paid(2, 2)
    one, two = order.lines.order_by("pk")
    orders_unlock("ship")
    at_once(lambda: send(order, 1, {one.pk: 2}), lambda: send(order, 2, {two.pk: 2}))
    order.refresh_from_db()
    assert (order.state, Shipment.objects.count()) == ("to_ship", 2)
    assert [one for one in cast.broken("orders.shipped") if order.public_id in one]
