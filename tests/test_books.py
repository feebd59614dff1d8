"""What `make bench ARGS=audit` makes is a sound shop, in which a fault is found."""

from datetime import timedelta

import pytest

from bench.books import COPIED, audited, books_fill
from bench.due import broken, groups_fill, outcome
from campaigns.coupons.models import Coupon
from campaigns.groupbuy.models import Member
from catalog.models import Sku
from core import clock
from core.deadlines import deadlines_run
from notices.models import Notice
from orders.models import Invoice, Order, OrderLine
from payments.models import Payment, Refund
from tests import cast

pytestmark = pytest.mark.django_db


def test_copied_orders_add_up_and_a_fault_among_them_is_found():
    assert books_fill(400) >= 400
    later = clock.now() + timedelta(minutes=10)  # Copying a million takes minutes.
    found = audited(now=later)
    assert (found.findings, len(found.slowest)) == ((), 5)
    states = set(Order.objects.values_list("state", flat=True))
    assert states >= {"completed", "shipped", "to_ship", "on_hold", "cancelled", "closed"}
    assert Payment.objects.count() >= 300
    assert Refund.objects.filter(state="succeeded").count() > 50
    assert OrderLine.objects.exclude(cancelled_at=None).count() > 25
    assert Coupon.objects.filter(state="used").count() > 20
    assert Member.objects.count() > 60
    assert Invoice.objects.count() > 20
    assert Notice.objects.count() > 300
    assert len(COPIED) > 10
    newest = Sku.objects.order_by("-pk")[0]
    Sku.objects.filter(pk=newest.pk).update(on_hand=newest.on_hand + 1)
    assert audited(now=later).findings


def test_copied_groups_that_fall_due_are_all_settled_and_refunded():
    due_at = groups_fill(12, due_in_s=0)
    deadlines_run(now=due_at)
    cast.deliver()
    settled, refunds, _seconds = outcome(due_at)
    assert (settled, refunds) == (12, 12)
    assert broken() == []
