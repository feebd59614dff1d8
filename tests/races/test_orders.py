"""Stock, orders and money: who is first, and what happens to the other. Each with its control."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F

from catalog.models import Sku
from catalog.services import stock_correct
from core import clock
from core.deliveries import delivery_attempt
from core.idempotency import form_key_new
from core.models import Delivery
from orders.models import Order
from orders.services import (
    CancelRefused,
    order_cancel,
    order_close_request,
    order_expire,
    order_ship,
)
from payments.models import LedgerEntry, Payment, Refund
from payments.services import RefundReason, payment_settle, refund_request
from payments.tests.factories import transaction_id_make
from stores.tests.factories import staff_make
from tests import cast
from tests.races.threads import at_once, kinds, many

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_two_orders_with_skus_in_opposite_order_both_go_through():
    store = cast.store_open()
    one, two = cast.sku_on_sale(store), cast.sku_on_sale(store)
    from orders.services import OrderItem, order_buy

    def order(n):
        who = cast.person()
        items = [OrderItem(one.pk, 1), OrderItem(two.pk, 1)]
        return order_buy(
            form_key=form_key_new(),
            buyer_id=who.id,
            store_id=store.pk,
            items=items if n % 2 else items[::-1],
            address=who.address,
            note="",
            expected_payable_fen=None,
            now=clock.now(),
        )

    assert kinds(many(order, 10)) == {"ok": 10}
    assert cast.broken() == []


def test_a_form_sent_eight_times_at_once_is_one_order():
    sku, alice, key = cast.sku_on_sale(), cast.person("Alice"), form_key_new()
    told = many(lambda _: cast.buy(alice, sku, form_key=key), 8)
    assert len(set(told)) == 1
    assert Order.objects.count() == Payment.objects.count() == 1


def test_without_the_form_key_the_same_taps_are_eight_orders():
    """Control."""
    sku, alice = cast.sku_on_sale(), cast.person("Alice")
    assert len(set(many(lambda _: cast.buy(alice, sku), 8))) == 8


def test_two_notices_of_one_payment_count_once():
    sku = cast.sku_on_sale()
    ref = cast.buy(cast.person(), sku)
    payment, number = Payment.objects.get(order_ref=ref), transaction_id_make()

    def settle(_):
        return payment_settle(
            payment_id=payment.pk,
            transaction_id=number,
            amount_fen=payment.amount_fen,
            paid_at=clock.now(),
            now=clock.now(),
        )

    told = many(settle, 6)
    assert sorted(told) == [False] * 5 + [True]
    assert LedgerEntry.objects.count() == 1
    assert cast.order_of(ref).state == "to_ship"
    assert cast.broken() == []


@pytest.mark.parametrize("round_number", range(3))
def test_the_window_ends_while_the_money_arrives(round_number):
    sku = cast.sku_on_sale()
    ref = cast.buy(cast.person(), sku)
    order = cast.order_of(ref)
    past = clock.now() - timedelta(seconds=1)
    Order.objects.filter(pk=order.pk).update(pay_before=past)
    at_once(
        lambda: order_expire(order_id=order.pk, now=clock.now()),
        lambda: cast.pay(ref),
    )
    cast.deliver()
    order.refresh_from_db()
    refunds = list(Refund.objects.values_list("reason", flat=True))
    assert (order.state, refunds) in [("to_ship", []), ("cancelled", ["late"])]
    assert cast.broken() == []


@pytest.mark.parametrize("round_number", range(3))
def test_the_buyer_gives_up_while_the_money_arrives(round_number):
    ref = cast.buy(cast.person(), cast.sku_on_sale())
    order = cast.order_of(ref)
    at_once(
        lambda: order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True),
        lambda: cast.pay(ref),
    )
    cast.deliver()
    order.refresh_from_db()
    refunds = list(Refund.objects.values_list("reason", flat=True))
    assert (order.state, refunds) in [("to_ship", []), ("cancelled", ["late"])]
    assert cast.broken() == []


@pytest.mark.parametrize("round_number", range(3))
def test_the_merchant_ships_and_cancels_at_once(round_number):
    sku = cast.sku_on_sale()
    ref = cast.buy(cast.person(), sku)
    cast.pay(ref)
    order = cast.order_of(ref)
    owner = staff_make(order.store).user_id
    told = at_once(
        lambda: order_ship(
            order_id=order.pk, carrier="sf", tracking_no="SF1234567", by_id=owner, now=clock.now()
        ),
        lambda: order_cancel(order_id=order.pk, reason="断货", now=clock.now()),
    )
    order.refresh_from_db()
    assert order.state in {"shipped", "cancelled"}
    assert len([one for one in told if isinstance(one, Exception)]) == 1
    assert isinstance(told[1], CancelRefused) == (order.state == "shipped")
    assert cast.broken() == []


def test_a_refund_asked_for_eight_times_is_one_refund():
    ref = cast.buy(cast.person(), cast.sku_on_sale())
    cast.pay(ref)
    payment = Payment.objects.get(order_ref=ref)

    def ask(_):
        with transaction.atomic():
            return refund_request(
                payment_id=payment.pk, reason=RefundReason.CANCELLED, now=clock.now()
            ).pk

    assert len(set(many(ask, 8))) == 1
    payment.refresh_from_db()
    assert (Refund.objects.count(), payment.refunded_fen) == (1, payment.amount_fen)


def test_one_delivery_by_six_workers_has_one_effect():
    ref = cast.buy(cast.person(), cast.sku_on_sale())
    delivery = Delivery.objects.filter(delivered_at=None).first()
    told = many(lambda _: delivery_attempt(delivery.pk, now=clock.now()), 6)
    assert sum(one is True for one in told) == 1
    assert cast.order_of(ref).state == "awaiting_payment"


def test_a_merchants_stock_edit_loses_no_order():
    sku = cast.sku_on_sale(on_hand=10)
    owner = staff_make(sku.store).user_id
    crowd = cast.people(6)
    acts = [lambda n=n: cast.buy(crowd[n], sku) for n in range(6)]
    edit = lambda: stock_correct(  # noqa: E731
        sku_id=sku.pk, on_hand=20, reason="盘点", by_id=owner, now=clock.now()
    )
    assert kinds(at_once(*acts, edit)) == {"ok": 7}
    sku.refresh_from_db()
    assert (sku.on_hand, sku.reserved) == (20, 6)
    assert cast.broken() == []
