"""Placing: everything is written together, or nothing is."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from accounts.queries import AddressNotFound, address_for_order
from accounts.services import address_remove
from catalog.models import Sku
from catalog.services import OutOfStock, product_withdraw, sku_price_change
from catalog.tests.factories import sku_make
from core import clock
from core.crypto import blind_index
from core.models import Fact
from orders.models import Order, OrderHold, OrderLine
from orders.pricing import MAX_QUANTITY
from orders.services import (
    AmountRefused,
    NotForSale,
    OrderItem,
    PriceChanged,
    QuantityRefused,
    StoreClosed,
)
from orders.tests.factories import (
    FREIGHT_FEN,
    LIST_FEN,
    offer,
    person,
    place,
    sku_on_sale,
    store_open,
)
from payments.models import MerchantAccount, Payment
from payments.services import NoMerchantAccount

pytestmark = pytest.mark.django_db


def written() -> tuple[int, ...]:
    """How much there is of everything that placing writes."""
    rows = [model.objects.count() for model in (Order, OrderLine, OrderHold, Payment)]
    reserved = sum(Sku.objects.values_list("reserved", flat=True))
    return (*rows, Fact.objects.filter(name="order.placed").count(), reserved)


NOTHING = (0, 0, 0, 0, 0, 0)


def test_an_order_reserves_stock_and_opens_a_payment():
    sku, now = sku_on_sale(), clock.now()
    order = place(sku, quantity=3, note="请多放一把", now=now)
    order.refresh_from_db()
    assert (order.state, order.store_id, order.offer_kind) == ("awaiting_payment", sku.store_id, "")
    assert (order.goods_fen, order.discount_fen, order.freight_fen, order.payable_fen) == (
        3 * LIST_FEN,
        0,
        FREIGHT_FEN,
        3 * LIST_FEN + FREIGHT_FEN,
    )
    assert (order.placed_at, order.pay_before) == (now, now + timedelta(minutes=15))
    assert order.due_at == order.pay_before
    assert (order.payment_id, order.paid_at) == (None, None)
    payment = Payment.objects.get(order_ref=order.public_id)
    assert (payment.amount_fen, payment.expires_at) == (order.payable_fen, order.pay_before)
    assert (payment.store_id, payment.payer_id) == (order.store_id, order.buyer_id)
    sku.refresh_from_db()
    assert (sku.on_hand, sku.reserved) == (100, 3)
    fact = Fact.objects.get(name="order.placed")
    assert (fact.subject_id, fact.store_id) == (order.pk, order.store_id)


def test_the_window_is_the_stores():
    now = clock.now()
    order = place(sku_on_sale(store_open(payment_window_s=600)), now=now)
    assert order.pay_before == now + timedelta(minutes=10)


def test_an_order_keeps_what_it_was_when_goods_and_address_change():
    sku, who = sku_on_sale(), person()
    order = place(sku, who)
    sku_price_change(sku_id=sku.pk, price_fen=9900, by_id=None, now=clock.now())
    sku.product.title = "别的"
    sku.product.save()
    line = order.lines.get()
    assert (line.title.startswith("临县红枣"), line.unit_price_fen) == (True, LIST_FEN)
    order.refresh_from_db()
    assert (order.recipient, order.phone) == (who.address.recipient, who.address.phone)


def test_where_to_send_is_encrypted_and_found_by_its_blind_index():
    order = place(sku_on_sale())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT recipient, phone, street FROM orders_order WHERE id = %s", [order.pk]
        )
        stored = cursor.fetchone()
    assert not any(plain in str(stored) for plain in (order.recipient, order.phone, order.street))
    index = blind_index(order.phone, purpose="order.phone")
    assert Order.objects.get(phone_index=index).pk == order.pk


def test_what_the_payer_reads_names_the_goods_within_wechats_limit():
    store = store_open()
    one = sku_make(store=store, name="礼盒装")
    order = place(one, quantity=3)
    description = Payment.objects.get(order_ref=order.public_id).description
    assert description == f"{one.product.title} 礼盒装 等 3 件"
    Sku.objects.filter(pk=one.pk).update(name="规" * 40)
    type(one.product).objects.filter(pk=one.product_id).update(title="枣" * 60)
    order = place(one, quantity=12)
    description = Payment.objects.get(order_ref=order.public_id).description
    assert len(description) <= 127
    assert description.endswith("等 12 件")


def test_several_skus_are_one_order_with_one_freight():
    store = store_open()
    one, two = sku_on_sale(store), sku_on_sale(store)
    order = place(one, items=[OrderItem(two.pk, 2), OrderItem(one.pk, 1)])
    assert order.payable_fen == 3 * LIST_FEN + FREIGHT_FEN
    assert dict(order.lines.values_list("sku_id", "quantity")) == {one.pk: 1, two.pk: 2}


# Refusals. Each says why, and leaves nothing behind.


def test_a_changed_price_is_shown_and_not_charged():
    sku = sku_on_sale()
    shown = LIST_FEN + FREIGHT_FEN
    sku_price_change(sku_id=sku.pk, price_fen=LIST_FEN + 100, by_id=None, now=clock.now())
    with pytest.raises(PriceChanged) as told:
        place(sku, expected_payable_fen=shown)
    assert (told.value.shown_fen, told.value.now_fen) == (shown, shown + 100)
    assert "¥65.00" in str(told.value)
    assert "¥66.00" in str(told.value)
    assert written() == NOTHING


def test_a_cheaper_price_is_asked_about_as_well():
    sku = sku_on_sale()
    with pytest.raises(PriceChanged):
        place(sku, expected_payable_fen=LIST_FEN + FREIGHT_FEN + 1)
    assert written() == NOTHING


def test_more_than_there_is_is_refused():
    sku = sku_on_sale(on_hand=2)
    with pytest.raises(OutOfStock) as told:
        place(sku, quantity=3)
    assert told.value.available == 2
    assert "只剩 2 件" in str(told.value)
    assert written() == NOTHING


def test_when_one_of_two_skus_is_gone_the_other_is_not_reserved():
    store = store_open()
    one, two = sku_on_sale(store), sku_on_sale(store, on_hand=0)
    with pytest.raises(OutOfStock):
        place(one, items=[OrderItem(one.pk, 1), OrderItem(two.pk, 1)])
    assert written() == NOTHING


def withdrawn():
    sku = sku_on_sale()
    product_withdraw(product_id=sku.product_id, now=clock.now())
    return sku, sku.pk


def removed():
    sku = sku_on_sale()
    Sku.objects.filter(pk=sku.pk).update(removed_at=clock.now())
    return sku, sku.pk


def the_neighbours():
    return sku_on_sale(), sku_on_sale(store_open("陶坊")).pk


def nobodys():
    return sku_on_sale(), 10**12


@pytest.mark.parametrize("make", [withdrawn, removed, the_neighbours, nobodys])
def test_what_this_store_does_not_sell_is_refused(make):
    sku, asked_for = make()
    with pytest.raises(NotForSale) as told:
        place(sku, items=[OrderItem(asked_for, 1)])
    assert told.value.sku_id == asked_for
    assert written() == NOTHING


def test_a_closed_store_takes_no_orders():
    with pytest.raises(StoreClosed):
        place(sku_on_sale(store_open(is_open=False)))
    assert written() == NOTHING


@pytest.mark.parametrize("quantity", [0, -1, MAX_QUANTITY + 1])
def test_a_quantity_nobody_can_order_is_refused(quantity):
    with pytest.raises(QuantityRefused) as told:
        place(sku_on_sale(on_hand=5000), quantity=quantity)
    assert told.value.quantity == quantity
    assert written() == NOTHING


def test_more_than_one_payment_can_carry_is_refused():
    sku = sku_make(store=store_open(), price_fen=1_000_000_000, on_hand=999)
    with pytest.raises(AmountRefused):
        place(sku, quantity=11)
    assert written() == NOTHING


def test_a_store_without_a_merchant_account_cannot_sell():
    sku = sku_on_sale()
    MerchantAccount.objects.update(is_active=False)
    with pytest.raises(NoMerchantAccount):
        place(sku)
    assert written() == NOTHING


@pytest.mark.parametrize("items", [0, 2])
def test_no_goods_and_the_same_goods_twice_are_mistakes_of_the_caller(items):
    sku = sku_on_sale()
    with pytest.raises(ValueError, match="one line per SKU"):
        place(sku, items=[OrderItem(sku.pk, 1)] * items)
    assert written() == NOTHING


def test_somebody_elses_address_cannot_be_sent_to():
    stranger, mine = person(), person()
    address = stranger.user.addresses.get()
    with pytest.raises(AddressNotFound):
        address_for_order(mine.id, address.public_id)
    address_remove(user_id=stranger.id, public_id=address.public_id, now=clock.now())
    with pytest.raises(AddressNotFound):
        address_for_order(stranger.id, address.public_id)


# What an offer adds.


def test_an_offers_price_is_charged_and_its_hold_is_open():
    sku, group = sku_on_sale(), offer()
    order = place(sku, items=[OrderItem(sku.pk, 2, 4900)], offer=group)
    assert order.payable_fen == 2 * 4900 + FREIGHT_FEN
    assert (order.offer_kind, order.offer_ref) == ("group", group.ref)
    line = order.lines.get()
    assert (line.list_price_fen, line.unit_price_fen) == (LIST_FEN, 4900)
    hold = order.holds.get()
    assert (hold.kind, hold.reference, hold.closed_at) == ("group", group.ref, None)


def test_an_offer_without_a_hold_holds_nothing():
    order = place(sku_on_sale(), offer=replace(offer(), holds=False))
    assert not order.holds.exists()


@pytest.mark.parametrize(("minutes", "window"), [(5, 5), (60, 15)])
def test_an_offer_shortens_the_window_and_never_lengthens_it(minutes, window):
    now = clock.now()
    order = place(sku_on_sale(), now=now, offer=offer(pay_before=now + timedelta(minutes=minutes)))
    assert order.pay_before == now + timedelta(minutes=window)
    payment = Payment.objects.get(order_ref=order.public_id)
    assert payment.expires_at == order.pay_before


def test_the_claim_comes_after_the_payment_and_before_the_stock():
    sku, seen = sku_on_sale(), []

    def claim(order):
        paid_by = Payment.objects.filter(order_ref=order.public_id).count()
        seen.append((paid_by, Sku.objects.get(pk=sku.pk).reserved))

    place(sku, offer=offer(claim=claim))
    assert seen == [(1, 0)]


def test_a_claim_that_refuses_leaves_nothing():
    def claim(order):
        raise RuntimeError("the quota is gone")

    with pytest.raises(RuntimeError, match="quota"):
        place(sku_on_sale(), offer=offer(claim=claim))
    assert written() == NOTHING


def test_an_open_groups_goods_can_be_bought_after_they_were_withdrawn():
    sku, _ = withdrawn()
    order = place(sku, items=[OrderItem(sku.pk, 1, 4900)], offer=offer())
    assert order.payable_fen == 4900 + FREIGHT_FEN


def test_a_removed_sku_cannot_be_bought_by_any_offer():
    sku, _ = removed()
    with pytest.raises(OutOfStock):
        place(sku, items=[OrderItem(sku.pk, 1, 4900)], offer=offer())
    assert written() == NOTHING
