"""Every corruption that the audit is for, planted and seen named."""

from datetime import timedelta

import pytest
from django.db import connection

from campaigns.coupons.models import Coupon, CouponHolder, CouponTemplate
from campaigns.coupons.tests.factories import OFF_FEN, place, take, template_make
from core import clock
from orders.models import Order
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def spent():
    """A coupon, its template, and the order that it was spent on."""
    sku, who = cast.sku_on_sale(), cast.person("Alice")
    template = template_make(sku.store)
    coupon = take(template, who)
    order = place(sku, who, coupon=coupon)
    coupon.refresh_from_db()
    assert cast.broken() == []
    return coupon, template, order


def force(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def named(found):
    return [row.split(": ")[1] for row in found]


@pytest.mark.parametrize("taken", [0, 2])
def test_a_budget_that_is_not_its_coupons(spent, taken):
    _, template, _ = spent
    CouponTemplate.objects.filter(pk=template.pk).update(taken=taken)
    assert named(cast.broken("coupons.budget")) == [f"template {template.public_id}"]


def test_a_person_with_more_than_one_may_have(spent):
    coupon, template, _ = spent
    coupon.pk, coupon.public_id, coupon.order = None, "cpn_x", None
    coupon.used_at, coupon.discount_fen = None, 0
    coupon.__dict__["state"] = "unused"
    coupon.save(force_insert=True)
    CouponTemplate.objects.filter(pk=template.pk).update(taken=2)
    assert named(cast.broken("coupons.budget", "coupons.limit")) == [
        f"template {template.public_id}"
    ]


def test_a_holder_that_forgot(spent):
    _, template, _ = spent
    CouponHolder.objects.all().update(taken=0)
    assert named(cast.broken("coupons.limit")) == [f"template {template.public_id}"]


@pytest.mark.parametrize("corrupt", ["amount", "reason", "owner"])
def test_a_used_coupon_whose_order_does_not_carry_it(spent, corrupt):
    coupon, _, order = spent
    if corrupt == "amount":
        order.adjustments.update(amount_fen=OFF_FEN - 1)
    elif corrupt == "reason":
        order.adjustments.update(reference="cpn_other")
    else:
        Coupon.objects.filter(pk=coupon.pk).update(user=cast.person().user)
    assert named(cast.broken("coupons.used")) == [f"coupon {coupon.public_id}"]


def test_an_order_that_lives_on_a_coupon_it_did_not_spend(spent):
    coupon, _, order = spent
    force(
        "UPDATE coupons_coupon SET state = 'unused', order_id = NULL, used_at = NULL, "
        "discount_fen = 0 WHERE id = %s",
        coupon.pk,
    )
    assert named(cast.broken("coupons.spent")) == [f"order {order.public_id}"]


def test_two_orders_on_one_coupon(spent):
    _, _, order = spent
    other = place(cast.sku_on_sale(order.store), cast.person(), coupon="none")
    reason = order.adjustments.get()
    reason.pk, reason.order = None, other
    reason.save(force_insert=True)
    assert named(cast.broken("coupons.spent")) == [f"order {other.public_id}"]


def test_a_coupon_that_a_closed_order_keeps(spent):
    coupon, _, order = spent
    now = clock.now()
    force("UPDATE orders_order SET state = 'closed', closed_at = %s WHERE id = %s", now, order.pk)
    assert cast.broken("coupons.returned") == []
    Order.objects.filter(pk=order.pk).update(closed_at=now - timedelta(minutes=2))
    assert named(cast.broken("coupons.returned")) == [f"coupon {coupon.public_id}"]
