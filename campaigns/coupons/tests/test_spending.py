"""Spending a coupon on an order, and having it back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.services.identities import holds_value
from campaigns.coupons.adjuster import CouponAdjuster
from campaigns.coupons.services import (
    CouponGone,
    CouponRefused,
    coupon_claim,
    coupon_return,
    coupon_return_if_refunded,
)
from campaigns.coupons.tests.factories import OFF_FEN, expire, place, state_of, take, template_make
from campaigns.reductions.tests.factories import reduction_make
from catalog.services import OutOfStock
from catalog.tests.factories import category_make
from core import clock
from orders.adjusters import Asked
from orders.freights import OrderFreight
from orders.models import Order
from orders.pricing import Adjustment, PricedItem
from orders.services import order_cancel, order_close_request, order_line_refund
from orders.tests.factories import Person, money_back, ship
from payments.models import Payment
from payments.services import RefundReason, refund_request, refund_settle
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


# Spending.


def test_an_order_spends_it_and_says_so(sku, alice):
    coupon = take(template_make(sku.store), alice)
    order = place(sku, alice, coupon=coupon)
    reason = order.adjustments.get()
    assert (reason.kind, reason.reference, reason.amount_fen) == (
        "coupon",
        coupon.public_id,
        OFF_FEN,
    )
    assert reason.label == "尝鲜券：¥10，满 ¥50 可用"
    assert order.payable_fen == cast.LIST_FEN - OFF_FEN + cast.FREIGHT_FEN
    assert state_of(coupon) == ("used", order.pk)
    assert coupon.discount_fen == OFF_FEN
    assert cast.broken() == []


def test_a_percentage_has_a_cap(sku, alice):
    terms = {"kind": "percent", "percent": 15, "cap_fen": 2000, "limit_per_person": 2}
    template = template_make(sku.store, **terms)
    one, two = take(template, alice), take(template, alice)
    assert place(sku, alice, coupon=one).discount_fen == cast.LIST_FEN * 15 // 100
    assert place(sku, alice, coupon=two, quantity=5).discount_fen == 2000


def test_without_a_wish_the_best_is_taken_and_of_equals_the_first_to_expire(sku, alice):
    take(template_make(sku.store, off_fen=500), alice)
    take(template_make(sku.store, valid_days=9), alice)
    best = take(template_make(sku.store, valid_days=3), alice)
    take(template_make(sku.store, off_fen=3000, minimum_fen=9000), alice)
    order = place(sku, alice)
    assert [one.reference for one in order.adjustments.all()] == [best.public_id]


def test_none_means_none(sku, alice):
    coupon = take(template_make(sku.store), alice)
    assert place(sku, alice, coupon="none").discount_fen == 0
    assert state_of(coupon) == ("unused", None)


def test_what_a_full_reduction_left_is_what_a_minimum_is_compared_with(sku, alice):
    reduction_make(sku.store, (5900, 1000))
    coupon = take(template_make(sku.store, minimum_fen=5000), alice)
    with pytest.raises(CouponRefused, match="还差 ¥1 可用"):
        place(sku, alice, coupon=coupon)
    assert place(sku, alice).discount_fen == 1000
    order = place(sku, alice, quantity=2)
    assert [(one.kind, one.amount_fen) for one in order.adjustments.order_by("pk")] == [
        ("reduction", 1000),
        ("coupon", OFF_FEN),
    ]


def test_a_scope_is_a_category_or_a_product(alice):
    store = cast.store_open()
    dates, other = cast.sku_on_sale(store), cast.sku_on_sale(store)
    category = category_make(store)
    dates.product.category = category
    dates.product.save()
    for scope, target in (("category", category), ("product", dates.product)):
        coupon = take(template_make(store, scope=scope, **{scope: target}), alice)
        with pytest.raises(CouponRefused, match="不适用"):
            place(other, alice, coupon=coupon)
        assert place(dates, alice, coupon=coupon).discount_fen == OFF_FEN


def test_what_cannot_be_spent_is_refused_with_its_reason(sku, alice):
    template = template_make(sku.store, limit_per_person=9, minimum_fen=6000)
    short = take(template, alice)
    with pytest.raises(CouponRefused, match="还差 ¥1 可用"):
        place(sku, alice, coupon=short)
    late = take(template, alice)
    expire(late)
    with pytest.raises(CouponRefused, match="已过期"):
        place(sku, alice, coupon=late, quantity=2)
    now = clock.now()
    dates = {"usable_from": now + timedelta(days=11), "usable_until": now + timedelta(days=12)}
    early = take(template_make(sku.store, **dates), alice)
    with pytest.raises(CouponRefused, match="起可用"):
        place(sku, alice, coupon=early, quantity=2)
    used = take(template, alice)
    place(sku, alice, coupon=used, quantity=2)
    with pytest.raises(CouponRefused, match="别的订单"):
        place(sku, alice, coupon=used, quantity=2)
    for nobodys in (take(template, cast.person()), "cpn_nothing"):
        with pytest.raises(CouponRefused, match="没有找到"):
            place(sku, alice, coupon=nobodys, quantity=2)
    elsewhere = cast.sku_on_sale()
    with pytest.raises(CouponRefused, match="没有找到"):
        place(elsewhere, alice, coupon=short)
    assert Order.objects.count() == 1
    assert cast.broken() == []


def test_claiming_looks_again(sku, alice):
    """What was usable a moment ago: used since, expired since, somebody else's."""
    coupon = take(template_make(sku.store), alice)
    order = place(sku, alice, coupon="none")
    claim = {
        "ref": coupon.public_id,
        "user_id": alice.id,
        "store_id": sku.store_id,
        "order_id": order.pk,
        "discount_fen": OFF_FEN,
        "now": clock.now(),
    }
    for changes in (
        {"user_id": cast.person().id},
        {"store_id": cast.store_open().pk},
        {"now": coupon.expires_at},
        {"now": coupon.usable_from - timedelta(seconds=1)},
    ):
        with pytest.raises(CouponGone):
            coupon_claim(**{**claim, **changes})
    with transaction.atomic():
        coupon_claim(**claim)
    with pytest.raises(CouponGone), transaction.atomic():
        coupon_claim(**claim)
    assert state_of(coupon) == ("used", order.pk)


def test_an_order_that_fails_later_spends_nothing(sku, alice):
    """The coupon is claimed before the stock: no stock, no order, no coupon spent."""
    coupon = take(template_make(sku.store), alice)
    few = cast.sku_on_sale(sku.store, on_hand=2)
    with pytest.raises(OutOfStock):
        place(few, alice, coupon=coupon, quantity=3)
    assert state_of(coupon) == ("unused", None)


def test_what_a_coupon_costs_an_order_in_statements(sku, alice, django_assert_num_queries):
    """A plain order looks once; one with a coupon looks once, and claims it with one UPDATE."""
    now = clock.now()
    goods = (PricedItem(sku.pk, 1, 5900, 5900),)
    asked = Asked(alice.id, sku.store_id, goods, OrderFreight(0, {}, {}, is_posted=False))
    adjuster = CouponAdjuster()
    with django_assert_num_queries(1):
        assert adjuster.discounts(asked, now=now) == []
    coupons = [take(template_make(sku.store), alice, now=now) for _ in range(5)]
    with django_assert_num_queries(1):
        assert len(adjuster.discounts(asked, now=now)) == 1
    chosen = replace(asked, wishes={"coupon": coupons[3].public_id})
    with django_assert_num_queries(1):
        assert adjuster.discounts(chosen, now=now)[0].reference == coupons[3].public_id
    with django_assert_num_queries(0):
        assert adjuster.discounts(replace(asked, wishes={"coupon": "none"}), now=now) == []
    order = place(sku, alice, coupon="none")
    spent = Adjustment("coupon", coupons[3].public_id, "", OFF_FEN, (OFF_FEN,))
    with django_assert_num_queries(1), transaction.atomic(savepoint=False):
        adjuster.claim(chosen, spent, order_id=order.pk, now=now)
    assert state_of(coupons[3]) == ("used", order.pk)


def test_a_person_with_coupons_is_somebody_of_value(sku, alice):
    """An account that holds coupons is never folded into another one."""
    newcomer = cast.person().user
    newcomer.addresses.all().delete()
    assert not holds_value(newcomer)
    take(template_make(sku.store, limit_per_person=1), Person(newcomer, alice.address))
    assert holds_value(newcomer)


def test_a_group_takes_none(alice):
    campaign, sku = cast.campaign_make()
    coupon = take(template_make(sku.store, minimum_fen=0), alice)
    cast.lead(campaign, sku, alice)
    assert state_of(coupon) == ("unused", None)


def test_a_free_meal_still_costs_a_fen(alice):
    sku = cast.sku_on_sale(cast.store_open(freight_fen=0))
    take(template_make(sku.store, off_fen=99999, minimum_fen=0), alice)
    order = place(sku, alice)
    assert (order.payable_fen, order.discount_fen) == (1, cast.LIST_FEN - 1)
    assert cast.broken() == []


# Giving back.


def test_a_closed_order_gives_it_back_and_it_is_spent_again(sku, alice):
    coupon = take(template_make(sku.store), alice)
    first = place(sku, alice, coupon=coupon)
    order_close_request(order_id=first.pk, now=clock.now())
    cast.deliver()
    assert state_of(coupon) == ("unused", None)
    second = place(sku, alice, coupon=coupon)
    assert not coupon_return(order_id=first.pk, now=clock.now())
    assert state_of(coupon) == ("used", second.pk)
    assert cast.broken() == []


def test_a_cancelled_order_gives_it_back(sku, alice):
    coupon = take(template_make(sku.store), alice)
    order = place(sku, alice, coupon=coupon)
    cast.pay(order.public_id)
    cast.deliver()
    assert state_of(coupon) == ("used", order.pk)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    cast.deliver()
    assert state_of(coupon) == ("unused", None)
    assert cast.broken() == []


def test_giving_back_adds_no_time(sku, alice):
    coupon = take(template_make(sku.store), alice)
    order = place(sku, alice, coupon=coupon)
    before = coupon.expires_at
    assert coupon_return(order_id=order.pk, now=before + timedelta(days=1))
    coupon.refresh_from_db()
    assert coupon.expires_at == before


def test_money_back_for_what_was_sent_gives_it_back_with_the_last_fen(client, alice):
    sku = cast.sku_on_sale(cast.store_open(freight_fen=0))
    coupon = take(template_make(sku.store), alice)
    order = place(sku, alice, coupon=coupon)
    cast.pay(order.public_id)
    cast.deliver()
    ship(order)
    client.force_login(staff_make(sku.store).user)
    page = f"/office/orders/order/{order.pk}/refund-line/"
    assert "优惠券也会还给买家" in client.get(page).content.decode()
    line, agreed = order.lines.get(), {"reason": "压坏了", "by_id": None, "now": clock.now()}
    back = {"order_id": order.pk, "line_id": line.pk, **agreed}
    order_line_refund(**back, amount_fen=order.payable_fen - 1, seen_fen=0)
    money_back()
    cast.deliver()
    assert state_of(coupon) == ("used", order.pk)
    order_line_refund(**back, amount_fen=1, seen_fen=order.payable_fen - 1)
    money_back()
    cast.deliver()
    assert state_of(coupon) == ("unused", None)
    Order.objects.update(paid_at=clock.now() - timedelta(minutes=2))
    assert cast.broken() == []


def test_a_full_refund_gives_it_back_and_a_partial_one_does_not(sku, alice):
    coupon = take(template_make(sku.store), alice)
    order = place(sku, alice, coupon=coupon)
    cast.pay(order.public_id)
    cast.deliver()
    payment = Payment.objects.get(order_ref=order.public_id)

    def back(reason, amount_fen=None):
        now = clock.now()
        with transaction.atomic():
            refund = refund_request(
                payment_id=payment.pk, reason=reason, amount_fen=amount_fen, now=now
            )
        refund_settle(
            refund_id=refund.pk,
            provider_refund_id=f"50{refund.pk}",
            amount_fen=refund.amount_fen,
            succeeded_at=now,
            now=now,
        )
        cast.deliver()

    back(RefundReason.CANCELLED, 1000)
    assert state_of(coupon) == ("used", order.pk)
    back(RefundReason.DUPLICATE)
    assert state_of(coupon) == ("unused", None)
    assert not coupon_return_if_refunded(order_ref=order.public_id, now=clock.now())
    assert cast.broken("coupons.used", "coupons.spent", "coupons.returned") == []
