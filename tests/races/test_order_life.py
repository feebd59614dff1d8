"""An order between payment and doorstep: parcels, prices and cancelled lines. Each with its control."""

from dataclasses import replace
from threading import Barrier

import pytest

from catalog.models import Sku
from core import clock
from orders.deadlines import order_due
from orders.models import Order, OrderChange, Shipment
from orders.services import (
    AddressRefused,
    CancelRefused,
    ShipRefused,
    WishRefused,
    order_address_change,
    order_give_back,
    order_line_cancel,
    order_line_refund,
    order_receive,
    order_receive_extend,
    order_ship,
    order_urge,
)
from payments.models import Refund
from payments.queries import refund_asked_fen
from payments.services import RefundReason
from tests import cast
from tests.races.orders import paid
from tests.races.threads import (
    LEADS,
    MEETING_S,
    at_once,
    head_to_head,
    kinds,
    many,
    together,
    unlocked,
)

pytestmark = pytest.mark.django_db(transaction=True)


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


def send_as(order, number):
    return order_ship(
        order_id=order.pk, carrier="sf", tracking_no=number, by_id=None, now=clock.now()
    )


def test_one_tracking_number_at_once_is_on_one_order():
    """Six people pack six orders, and each takes the label that lies on top."""
    store = cast.store_open()
    orders = [paid(1, store=store) for _ in range(6)]
    told = many(lambda n: send_as(orders[n], "SF00000001"), 6)
    assert kinds(told) == {"ok": 1, "ShipRefused": 5}
    assert Shipment.objects.count() == 1
    assert Order.objects.filter(state="to_ship").count() == 5
    assert cast.broken() == []


def test_without_the_labels_lock_a_number_is_on_two_orders(monkeypatch):
    """Control: both have asked whose it is, and it was nobody's."""
    store = cast.store_open()
    orders = [paid(1, store=store) for _ in range(2)]
    monkeypatch.setattr("orders.services.ship.label_lock", unlocked(lambda **_label: None, 2))
    told = many(lambda n: send_as(orders[n], "SF00000001"), 2)
    assert kinds(told) == {"ok": 2}
    assert Shipment.objects.filter(tracking_no="SF00000001").count() == 2


# A line.


def drop(order, line, *, seen=None):
    return order_line_cancel(
        order_id=order.pk,
        line_id=line.pk,
        reason="断货",
        by_id=None,
        now=clock.now(),
        seen=seen,
    )


@pytest.mark.parametrize("lead_s", LEADS)
def test_a_line_is_cancelled_while_everything_is_sent(lead_s):
    order = paid(1, 2)
    line = order.lines.order_by("pk")[1]
    sending, dropping = head_to_head(
        lambda: send(order, 1), lambda: drop(order, line), lead_s=lead_s
    )
    line.refresh_from_db()
    order.refresh_from_db()
    assert order.state == "shipped"
    assert not isinstance(sending, Exception)
    if isinstance(dropping, CancelRefused):
        assert (line.shipped_quantity, Refund.objects.count()) == (2, 0)
    else:
        assert (line.shipped_quantity, Refund.objects.count()) == (0, 1)
    assert cast.broken() == []


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_rest_of_a_line_is_cancelled_while_it_is_sent(lead_s):
    order = paid(3)
    line = order.lines.get()
    send(order, 1, {line.pk: 1})
    sending, dropping = head_to_head(
        lambda: send(order, 2), lambda: drop(order, line), lead_s=lead_s
    )
    line.refresh_from_db()
    order.refresh_from_db()
    assert order.state == "shipped"
    if isinstance(dropping, CancelRefused):
        assert (line.quantity, line.shipped_quantity, Refund.objects.count()) == (3, 3, 0)
    else:
        assert isinstance(sending, ShipRefused)
        assert (line.quantity, line.shipped_quantity, Refund.objects.count()) == (1, 1, 1)
    assert cast.broken() == []


@pytest.mark.parametrize("lead_s", LEADS)
def test_a_line_is_cancelled_as_it_was_shown_or_not_at_all(lead_s):
    """The page said three; a parcel takes two of them."""
    order = paid(3, 1)
    line = order.lines.order_by("pk")[0]
    sending, dropping = head_to_head(
        lambda: send(order, 1, {line.pk: 2}),
        lambda: drop(order, line, seen=(3, line.amount_fen)),
        lead_s=lead_s,
    )
    line.refresh_from_db()
    if isinstance(dropping, CancelRefused):
        assert (line.quantity, line.shipped_quantity, Refund.objects.count()) == (3, 2, 0)
    else:
        assert isinstance(sending, ShipRefused)
        assert (line.quantity, line.shipped_quantity, Refund.objects.count()) == (3, 0, 1)
    assert cast.broken() == []


def test_without_what_the_page_said_another_number_is_cancelled():
    """Control: the page is older than the parcel."""
    order = paid(3, 1)
    line = order.lines.order_by("pk")[0]
    send(order, 1, {line.pk: 2})
    assert drop(order, line) is True
    assert order.lines.exclude(cancelled_at=None).get().quantity == 1
    assert cast.broken() == []


def test_the_rest_of_a_line_is_cancelled_four_times_at_once():
    order = paid(3)
    line = order.lines.get()
    send(order, 1, {line.pk: 1})
    told = many(lambda _n: drop(order, line), 4)
    assert sorted(told) == [False, False, False, True]
    sku = Sku.objects.get()
    assert (Refund.objects.count(), sku.on_hand, sku.reserved) == (1, 99, 0)
    assert cast.broken() == []


def test_without_the_orders_lock_only_constraints_keep_the_rest_of_a_line(orders_unlock):
    """Control: both have seen two pieces to send. One of them is stopped by the database."""
    order = paid(3, 1)
    line = order.lines.order_by("pk")[0]
    send(order, 1, {line.pk: 1})
    orders_unlock("ship", "cancel_line")
    told = at_once(lambda: send(order, 2, {line.pk: 2}), lambda: drop(order, line))
    assert kinds(told) == {"ok": 1, "IntegrityError": 1}


def test_without_the_orders_lock_only_the_constraint_keeps_a_sent_line(orders_unlock):
    """Control: both have seen a line that waits. One of them is stopped by the database."""
    order = paid(1, 2)
    line = order.lines.order_by("pk")[1]
    orders_unlock("ship", "cancel_line")
    told = at_once(lambda: send(order, 1), lambda: drop(order, line))
    assert kinds(told) != {"ok": 2}
    assert "IntegrityError" in kinds(told) or "CancelRefused" in kinds(told)


def test_six_taps_on_a_line_are_one_refund():
    order = paid(1, 2)
    line = order.lines.order_by("pk")[1]
    told = many(lambda _: drop(order, line), 6)
    assert sorted(told) == [False] * 5 + [True]
    assert Refund.objects.count() == 1
    assert cast.broken() == []


def test_both_lines_at_once_are_the_whole_order_and_its_freight():
    order = paid(1, 2)
    one, two = order.lines.order_by("pk")
    told = at_once(lambda: drop(order, one), lambda: drop(order, two))
    assert told == [True, True]
    order.refresh_from_db()
    assert order.state == "cancelled"
    assert sum(Refund.objects.values_list("amount_fen", flat=True)) == order.payable_fen
    assert cast.broken() == []


def test_without_the_orders_lock_both_lines_go_and_the_order_stays(orders_unlock):
    """Control: each believes that the other line is still to be sent; the freight is kept."""
    order = paid(1, 2)
    one, two = order.lines.order_by("pk")
    orders_unlock("cancel_line")
    at_once(lambda: drop(order, one), lambda: drop(order, two))
    order.refresh_from_db()
    assert order.state == "to_ship"


# Money back for what was sent.


def pay_back(order, *, amount_fen, seen_fen=0):
    return order_line_refund(
        order_id=order.pk,
        line_id=order.lines.get().pk,
        amount_fen=amount_fen,
        seen_fen=seen_fen,
        reason="压坏了",
        by_id=None,
        now=clock.now(),
    )


def sent(*quantities):
    order = paid(*quantities)
    send(order, 1)
    return order


def test_six_taps_on_a_refund_are_one():
    order = sent(2)
    told = many(lambda _n: pay_back(order, amount_fen=100), 6)
    assert sorted(told) == [False] * 5 + [True]
    assert Refund.objects.get().amount_fen == order.lines.get().rebate_fen == 100
    assert cast.broken() == []


def test_two_of_the_staff_never_give_back_more_than_was_paid():
    """Each has the same page, and gives back most of what the goods cost."""
    order = sent(1)
    told = at_once(*[lambda fen=fen: pay_back(order, amount_fen=fen) for fen in (4000, 5000)])
    assert kinds(told) == {"ok": 1, "RefundRefused": 1}
    assert Refund.objects.get().amount_fen == order.lines.get().rebate_fen
    assert cast.broken() == []


def test_without_the_orders_lock_one_refund_is_told_twice(orders_unlock, monkeypatch):
    """Control: both have seen that nothing was asked back; the payment's lock is what is left."""
    order = sent(2)
    orders_unlock("refund_line")
    both = together(refund_asked_fen, 2)
    monkeypatch.setattr("orders.services.refund_line.refund_asked_fen", both)
    told = at_once(*[lambda: pay_back(order, amount_fen=100)] * 2)
    assert (told, Refund.objects.count()) == ([True, True], 1)
    assert OrderChange.objects.filter(kind="line_refunded").count() == 2


@pytest.mark.parametrize("lead_s", LEADS)
def test_a_ladders_difference_and_a_refund_at_once_are_both_kept(lead_s):
    order = sent(2)
    rebate = {"order_id": order.pk, "each_fen": 50, "reason": RefundReason.GROUP_TIER}
    _, refunded = head_to_head(
        lambda: order_give_back(**rebate, now=clock.now()),
        lambda: pay_back(order, amount_fen=300),
        lead_s=lead_s,
    )
    told = 400 if refunded is True else 100
    assert sum(Refund.objects.values_list("amount_fen", flat=True)) == told
    assert order.lines.get().rebate_fen == told
    assert cast.broken("orders.rebates", "orders.money_in", "payments.refunded") == []


def test_without_the_orders_lock_one_of_both_is_forgotten(orders_unlock, monkeypatch):
    """Control: each adds its sum to what it saw before the other; both sums go back."""
    order = sent(2)
    both = together(refund_asked_fen, 2)
    for module in ("give_back", "refund_line"):
        monkeypatch.setattr(f"orders.services.{module}.refund_asked_fen", both)
    orders_unlock("give_back", "refund_line")
    rebate = {"order_id": order.pk, "each_fen": 50, "reason": RefundReason.GROUP_TIER}
    at_once(
        lambda: order_give_back(**rebate, now=clock.now()),
        lambda: pay_back(order, amount_fen=300),
    )
    assert sum(Refund.objects.values_list("amount_fen", flat=True)) == 400
    assert order.lines.get().rebate_fen in {100, 300}
    assert cast.broken("orders.rebates") != []


def test_six_reminders_at_once_are_one():
    order = paid(1)
    told = many(lambda _: order_urge(order_id=order.pk, by_id=order.buyer_id, now=clock.now()), 6)
    assert kinds(told) == {"ok": 1, "WishRefused": 5}
    assert OrderChange.objects.filter(kind="urged").count() == 1


def test_without_the_day_in_the_constraint_every_reminder_counts(monkeypatch):
    """Control: the orders' lock alone lets each of them write, one after another."""
    order = paid(1)
    monkeypatch.setattr("orders.services.wishes.timezone.localdate", lambda _now: None)
    told = many(lambda _: order_urge(order_id=order.pk, by_id=order.buyer_id, now=clock.now()), 6)
    assert kinds(told) == {"ok": 6}
    assert OrderChange.objects.filter(kind="urged").count() == 6


# The address.


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_address_changes_while_the_parcel_leaves(lead_s):
    order = paid(1)
    elsewhere = replace(cast.person().address, street="解放路 99 号")
    sending, moving = head_to_head(
        lambda: send(order, 1),
        lambda: order_address_change(
            order_id=order.pk, address=elsewhere, by_id=order.buyer_id, now=clock.now()
        ),
        lead_s=lead_s,
    )
    assert not isinstance(sending, Exception)
    refused = isinstance(moving, AddressRefused)
    before = order.street
    order.refresh_from_db()
    assert order.street == (before if refused else "解放路 99 号")
    assert order.state == "shipped"


def test_without_the_orders_lock_a_parcel_is_under_way_to_an_old_address(orders_unlock):
    """Control: both have seen an order that waits, and nobody is refused."""
    order = paid(1)
    elsewhere = replace(cast.person().address, street="解放路 99 号")
    orders_unlock("ship", "address")
    told = at_once(
        lambda: send(order, 1),
        lambda: order_address_change(
            order_id=order.pk, address=elsewhere, by_id=order.buyer_id, now=clock.now()
        ),
    )
    assert kinds(told) == {"ok": 2}


# Time.


def overdue():
    """A sent order that counts as received now."""
    order = paid(1)
    send(order, 1)
    Order.objects.filter(pk=order.pk).update(receive_before=clock.now())
    order.refresh_from_db()
    return order


def extend(order):
    return order_receive_extend(order_id=order.pk, by_id=order.buyer_id, now=clock.now())


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_buyer_extends_while_the_time_runs_out(lead_s):
    order = overdue()
    granted, looked = head_to_head(
        lambda: extend(order), lambda: order_due(order.pk, now=clock.now()), lead_s=lead_s
    )
    order.refresh_from_db()
    if isinstance(granted, WishRefused):
        assert (order.state, looked) == ("completed", None)
    else:
        assert (order.state, looked) == ("shipped", granted)
        assert order.receive_before == order.due_at == granted
    assert cast.broken() == []


def test_without_the_second_look_it_is_received_over_a_granted_wish(monkeypatch):
    """Control: the clock has read the time before the wish was granted."""
    order = overdue()
    granted = Barrier(2)

    def wish():
        until = extend(order)
        granted.wait(timeout=MEETING_S)
        return until

    def time_is_up():
        before = Order.objects.get(pk=order.pk).receive_before
        granted.wait(timeout=MEETING_S)
        return before <= clock.now() and order_receive(order_id=order.pk, now=clock.now())

    told = at_once(wish, time_is_up)
    assert kinds(told) == {"ok": 2}
    order.refresh_from_db()
    assert (order.state, order.receive_before) == ("completed", told[0])
