"""Stock and orders: who is first, and what happens to the other. Each with its control."""

from datetime import timedelta
from threading import Barrier

import pytest
from django.db.models import F

from catalog.models import Sku
from catalog.services import StockRefused, stock_correct
from core import clock
from core.idempotency import form_key_new
from core.invariants import audit
from orders.models import Order, Shipment
from orders.services import (
    CancelRefused,
    OrderItem,
    ShipRefused,
    order_buy,
    order_cancel,
    order_close_request,
    order_expire,
    order_ship,
)
from payments.models import Payment, Refund
from stores.tests.factories import staff_make
from tests import cast
from tests.races.threads import (
    LEADS,
    MEETING_S,
    at_once,
    head_to_head,
    kinds,
    many,
)

pytestmark = pytest.mark.django_db(transaction=True)


# The last unit.


def test_the_last_unit_is_sold_once():
    sku = cast.sku_on_sale(on_hand=1)
    crowd = cast.people(8)
    told = kinds(many(lambda n: cast.buy(crowd[n], sku), 8))
    assert told == {"ok": 1, "OutOfStock": 7}
    sku.refresh_from_db()
    assert (sku.on_hand, sku.reserved, Order.objects.count()) == (1, 1, 1)
    assert cast.broken() == []


def test_without_the_condition_the_last_unit_is_promised_twice(monkeypatch):
    """Control: looking first and reserving afterwards. The constraint stops it, by an error."""
    sku = cast.sku_on_sale(on_hand=1)
    crowd = cast.people(8)

    def careless(*, lines, reference, now):
        for sku_id, quantity in lines.items():
            Sku.objects.filter(pk=sku_id).update(reserved=F("reserved") + quantity)

    monkeypatch.setattr("orders.services.place.stock_reserve", careless)
    told = kinds(many(lambda n: cast.buy(crowd[n], sku), 8))
    assert told == {"ok": 1, "IntegrityError": 7}


# SKUs in opposite order.


def crossing(number):
    """So many orders for two SKUs, every other one naming them the other way round."""
    store = cast.store_open()
    skus = [cast.sku_on_sale(store), cast.sku_on_sale(store)]
    crowd = cast.people(number)

    def order(n):
        items = [OrderItem(sku.pk, 1) for sku in (skus if n % 2 else skus[::-1])]
        return order_buy(
            form_key=form_key_new(),
            buyer_id=crowd[n].id,
            store_id=store.pk,
            items=items,
            address=crowd[n].address,
            note="",
            expected_payable_fen=None,
            now=clock.now(),
        )

    return many(order, number)


def test_two_orders_with_skus_in_opposite_order_both_go_through():
    assert kinds(crossing(10)) == {"ok": 10}
    assert cast.broken() == []


def test_without_the_sequence_they_wait_for_each_other_for_ever(monkeypatch):
    """Control: SKUs as the order names them. PostgreSQL breaks the knot by failing one."""
    touched = Barrier(2)

    def careless(*, lines, reference, now):
        for n, (sku_id, quantity) in enumerate(lines.items()):
            Sku.objects.filter(pk=sku_id).update(reserved=F("reserved") + quantity)
            if n == 0:
                touched.wait(timeout=MEETING_S)

    monkeypatch.setattr("orders.services.place.stock_reserve", careless)
    assert kinds(crossing(2)) == {"ok": 1, "OperationalError": 1}


# The same form.


def test_a_form_sent_eight_times_at_once_is_one_order():
    sku, alice, key = cast.sku_on_sale(), cast.person("Alice"), form_key_new()
    told = many(lambda _: cast.buy(alice, sku, form_key=key), 8)
    assert len(set(told)) == 1
    assert Order.objects.count() == Payment.objects.count() == 1
    sku.refresh_from_db()
    assert sku.reserved == 1


def test_without_the_form_key_the_same_taps_are_eight_orders():
    """Control."""
    sku, alice = cast.sku_on_sale(), cast.person("Alice")
    assert len(set(many(lambda _: cast.buy(alice, sku), 8))) == 8


# Money against the end of the window, and against the buyer.


def expired():
    """An order whose window has just ended."""
    ref = cast.buy(cast.person(), cast.sku_on_sale())
    order = cast.order_of(ref)
    Order.objects.filter(pk=order.pk).update(pay_before=clock.now() - timedelta(seconds=1))
    return order


def end_of(order):
    """What became of it, and the refunds."""
    cast.deliver()
    order.refresh_from_db()
    return order.state, list(Refund.objects.values_list("reason", flat=True))


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_window_ends_while_the_money_arrives(lead_s):
    order = expired()
    told = head_to_head(
        lambda: order_expire(order_id=order.pk, now=clock.now()),
        lambda: cast.pay(order.public_id),
        lead_s=lead_s,
    )
    assert kinds(told) == {"ok": 2}
    assert end_of(order) in [("to_ship", []), ("cancelled", ["late"])]
    assert cast.broken() == []


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_buyer_gives_up_while_the_money_arrives(lead_s):
    ref = cast.buy(cast.person(), cast.sku_on_sale())
    order = cast.order_of(ref)
    given_up, _paid = head_to_head(
        lambda: order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True),
        lambda: cast.pay(ref),
        lead_s=lead_s,
    )
    # What the buyer was told is what became of it.
    said = {True: ("cancelled", ["late"]), False: ("to_ship", [])}
    assert end_of(order) == said[given_up]
    assert cast.broken() == []


def test_without_the_orders_lock_the_money_or_the_stock_is_lost(orders_unlock, monkeypatch):
    """Control: both have seen an unpaid order. If it is paid first, closing gives away its stock;
    if it is closed first, the money lies with nobody."""
    order = expired()
    # The closer asks about the payment before its money is there, and acts afterwards.
    monkeypatch.setattr("orders.services.close.payment_succeeded", lambda _ref: None)
    monkeypatch.setattr("orders.services.close.payment_live", lambda _ref: None)
    orders_unlock("close")
    at_once(
        lambda: order_expire(order_id=order.pk, now=clock.now()),
        lambda: cast.pay(order.public_id),
    )
    later = clock.now() + timedelta(minutes=2)
    names = ["orders.stock_reserved", "orders.money_in"]
    assert len(audit(now=later, names=names)) == 1


# The merchant.


def paid():
    ref = cast.buy(cast.person(), cast.sku_on_sale())
    cast.pay(ref)
    order = cast.order_of(ref)
    assert order.state == "to_ship"
    return order


def ship(order):
    return order_ship(
        order_id=order.pk, carrier="sf", tracking_no="SF1234567", by_id=None, now=clock.now()
    )


def cancel(order):
    return order_cancel(order_id=order.pk, reason="断货", now=clock.now())


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_merchant_ships_and_cancels_at_once(lead_s):
    order = paid()
    shipping, cancelling = head_to_head(lambda: ship(order), lambda: cancel(order), lead_s=lead_s)
    order.refresh_from_db()
    if order.state == "shipped":
        assert isinstance(cancelling, CancelRefused)
        assert (Shipment.objects.count(), Refund.objects.count()) == (1, 0)
    else:
        assert order.state == "cancelled"
        assert isinstance(shipping, ShipRefused)
        assert (Shipment.objects.count(), Refund.objects.count()) == (0, 1)
    assert cast.broken() == []


def test_without_the_orders_lock_a_parcel_leaves_and_the_money_too(orders_unlock):
    """Control: both have seen an order that is ready, and nobody is refused."""
    order = paid()
    orders_unlock("ship", "cancel")
    told = at_once(lambda: ship(order), lambda: cancel(order))
    assert kinds(told) == {"ok": 2}
    assert (Shipment.objects.count(), Refund.objects.count()) == (1, 1)


def test_six_taps_on_ship_are_one_parcel():
    order = paid()
    assert kinds(many(lambda _: ship(order), 6)) == {"ok": 1, "ShipRefused": 5}
    sku = Sku.objects.get()
    assert (Shipment.objects.count(), sku.on_hand, sku.reserved) == (1, 99, 0)
    assert cast.broken() == []


def test_without_the_orders_lock_only_the_number_stops_the_same_parcel(orders_unlock):
    """Control: both have seen an order without parcels. The database refuses, by an error."""
    order = paid()
    orders_unlock("ship")
    assert kinds(at_once(lambda: ship(order), lambda: ship(order))) == {
        "ok": 1,
        "IntegrityError": 1,
    }
    assert Shipment.objects.count() == 1


def test_six_taps_on_cancel_are_one_refund():
    order = paid()
    told = many(lambda _: cancel(order), 6)
    assert sorted(told) == [False] * 5 + [True]
    assert Refund.objects.count() == 1
    assert cast.broken() == []


def test_without_the_orders_lock_both_taps_believe_that_they_cancelled(orders_unlock):
    """Control: both have seen a paid order. One refund is left by its payment's lock alone."""
    order = paid()
    orders_unlock("cancel")
    assert at_once(lambda: cancel(order), lambda: cancel(order)) == [True, True]
    assert Refund.objects.count() == 1


def test_a_merchants_stock_edit_loses_no_order():
    sku = cast.sku_on_sale(on_hand=10)
    owner = staff_make(sku.store).user_id
    crowd = cast.people(6)
    acts = [lambda n=n: cast.buy(crowd[n], sku) for n in range(6)]
    told = at_once(*acts, lambda: count(sku, 20, by_id=owner))
    assert kinds(told) == {"ok": 7}
    sku.refresh_from_db()
    assert (sku.on_hand, sku.reserved) == (20, 6)
    assert cast.broken() == []


def count(sku, on_hand, *, by_id=None, seen=None):
    """The merchant has counted so many, beside a page that said `seen`."""
    return stock_correct(
        sku_id=sku.pk, on_hand=on_hand, seen=seen, reason="盘点", by_id=by_id, now=clock.now()
    )


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_merchant_counts_while_a_parcel_leaves(lead_s):
    order, sku = paid(), Sku.objects.get()
    seen = sku.on_hand
    counted, shipped = head_to_head(
        lambda: count(sku, 50, seen=seen), lambda: ship(order), lead_s=lead_s
    )
    # Counted first, the parcel leaves from what was counted; counted last, from what was there.
    left = 49 if kinds([counted]) == {"ok": 1} else 99
    assert (kinds([shipped]), left == 99) == ({"ok": 1}, isinstance(counted, StockRefused))
    sku.refresh_from_db()
    assert (sku.on_hand, sku.reserved) == (left, 0)
    assert cast.broken() == []


def test_without_what_the_page_said_the_parcel_is_counted_back():
    """Control: the merchant's page is older than the parcel."""
    order, sku = paid(), Sku.objects.get()
    ship(order)
    count(sku, 100)
    sku.refresh_from_db()
    assert sku.on_hand == 100
    assert cast.broken() == []


def test_without_the_skus_lock_the_parcel_is_forgotten(monkeypatch):
    """Control: the merchant's page has read the number before the parcel left."""
    order, sku = paid(), Sku.objects.get()
    read, shipped = Barrier(2), Barrier(2)

    def unlocked(sku_id):
        found = Sku.objects.get(pk=sku_id)
        read.wait(timeout=MEETING_S)
        shipped.wait(timeout=MEETING_S)
        return found

    def parcel():
        read.wait(timeout=MEETING_S)
        ship(order)
        shipped.wait(timeout=MEETING_S)

    monkeypatch.setattr("catalog.services.stock.sku_lock", unlocked)
    assert kinds(at_once(lambda: count(sku, 50), parcel)) == {"ok": 2}
    found = audit(now=clock.now(), names=["stock.movements_add_up"])
    assert [one.row for one in found] == [f"sku {sku.public_id}"]
