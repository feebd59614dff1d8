"""How many statements each write costs: a loop over rows shows here first."""

import pytest

from core import clock
from core.idempotency import form_key_new
from orders.services import (
    OrderItem,
    hold_release,
    order_cancel,
    order_close_request,
    order_payment_take,
    order_receive,
    order_ship,
)
from orders.tests.factories import (
    FREIGHT_FEN,
    LIST_FEN,
    known,
    offer,
    order_make,
    order_placed,
    paid_make,
    person,
    settle,
    shipped_make,
    sku_on_sale,
    store_open,
)
from payments.models import Payment
from tests.database import statements

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", [1, 5])
def test_placing_is_seven_and_one_for_each_sku(number):
    """What holds (terms, account, buyer, risk), SKUs, full reductions, coupons, the order, its rows
    (lines, payment), fact and deliveries; then SKU by SKU."""
    store, who = store_open(), known()
    items = [OrderItem(sku_on_sale(store).pk, 1) for _ in range(number)]

    def act():
        order_placed(
            buyer_id=who.id,
            store_id=store.pk,
            items=items,
            address=who.address,
            note="",
            expected_payable_fen=None,
            now=clock.now(),
        )

    assert statements(act) == 7 + number


def test_the_request_of_an_order_reads_nothing_that_was_not_chosen(client):
    """Its buyer, what they agreed to, SKU and address, the form's key, then placing."""
    sku, who = sku_on_sale(), known()
    client.force_login(who.user)

    def act():
        answer = client.post(
            "/checkout/",
            {
                "sku": sku.public_id,
                "quantity": "1",
                "address": who.user.addresses.get().public_id,
                "shown_fen": str(LIST_FEN + FREIGHT_FEN),
                "form_key": form_key_new(),
            },
        )
        assert answer.status_code == 302

    with_address = statements(who.user.addresses.get)
    assert statements(act) == 5 + 7 + 1 + with_address


def test_an_offers_hold_goes_with_the_other_rows_and_it_takes_no_discount():
    sku, who = sku_on_sale(), known()
    act = lambda: order_make(sku, buyer_id=who.id, address=who.address, offer=offer())  # noqa: E731
    with_people = statements(person)
    assert statements(act) == 6 + with_people


def test_what_risk_found_goes_with_the_other_rows():
    sku, who = sku_on_sale(), person()
    act = lambda: order_make(sku, buyer_id=who.id, address=who.address)  # noqa: E731
    with_people = statements(person)
    assert statements(act) == 8 + with_people


def test_taking_money():
    """Order locked, its hold looked for, order moved, fact and its delivery."""
    order = order_make()
    payment = Payment.objects.get()
    settle(payment)
    act = lambda: order_payment_take(  # noqa: E731
        order_ref=order.public_id, payment_id=payment.pk, now=clock.now()
    )
    assert statements(act) == 4
    assert statements(act) == 1


def test_closing():
    """Order: locked, marked, closed, fact. Payment: looked for, locked, two moves, fact, and that nothing else can be paid (two). Holds with the review, lines, stock."""
    order = order_make()
    assert statements(lambda: order_close_request(order_id=order.pk, now=clock.now())) == 14
    assert statements(lambda: order_close_request(order_id=order.pk, now=clock.now())) == 1


def test_cancelling():
    """Order: locked, holds looked for, moved, fact, holds closed with the review. Refund: payment locked,
    looked for, raised, row, fact. Lines, stock."""
    order = paid_make()
    act = lambda: order_cancel(order_id=order.pk, reason="断货", now=clock.now())  # noqa: E731
    assert statements(act) == 12
    assert statements(act) == 1


def test_shipping():
    """Order locked, its lines and parcels, the number held, others with it, terms, moved, fact, parcel, its
    contents (two), stock."""
    order = paid_make()
    act = lambda: order_ship(  # noqa: E731
        order_id=order.pk, carrier="sf", tracking_no="SF12345678", by_id=None, now=clock.now()
    )
    assert statements(act) == 12


def test_receiving():
    """Order locked, moved, fact and its deliveries."""
    order = shipped_make()
    assert statements(lambda: order_receive(order_id=order.pk, now=clock.now())) == 3


@pytest.mark.parametrize("number", [1, 10])
def test_releasing_a_group_costs_the_same_for_two_as_for_a_hundred(number):
    """Orders locked, holds closed, orders moved, facts."""
    sku = sku_on_sale()
    ids = [paid_make(sku, held=True).pk for _ in range(number)]
    act = lambda: hold_release(order_ids=ids, kind="group", now=clock.now())  # noqa: E731
    assert statements(act) == 4
