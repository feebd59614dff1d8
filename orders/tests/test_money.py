"""Why an order's money is like this: the story adds up, whatever happened, and says when it does not."""

import pytest
from django.db.models import Sum

from campaigns.coupons.tests.factories import place as place_with_coupon
from campaigns.coupons.tests.factories import take, template_make
from core import clock
from orders.models import Order, OrderLine
from orders.money import money_story
from orders.services import OrderItem, order_cancel, order_line_cancel
from orders.tests.factories import deliver, money_back, order_make, paid_make, pay, settle
from payments.models import LedgerEntry, Payment
from payments.tests.factories import payment_make
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku():
    return cast.sku_on_sale()


def told(order):
    """The story, whose end is the ledger's."""
    order = Order.objects.get(pk=order.pk)
    story = money_story(order)
    booked = LedgerEntry.objects.filter(order_ref=order.public_id).aggregate(s=Sum("amount_fen"))
    assert story.kept_fen == (booked["s"] or 0)
    assert sum(step.amount_fen for step in story.price) == order.payable_fen
    return story


def test_a_plain_order(sku):
    story = told(paid_make(sku))
    assert [step.amount_fen for step in story.price] == [cast.LIST_FEN, cast.FREIGHT_FEN]
    assert [(one.amount_fen, one.balance_fen) for one in story.moves] == [
        (story.payable_fen, story.payable_fen)
    ]
    assert story.troubles == ()


def test_an_order_that_is_not_paid_keeps_nothing(sku):
    story = told(order_make(sku))
    assert (story.kept_fen, story.moves, story.troubles) == (0, (), ())
    assert len(story.attempts) == 1


def test_a_discount_has_its_reason_and_its_parts(sku):
    who = cast.person()
    order = place_with_coupon(sku, who, coupon=take(template_make(sku.store), who))
    story = told(order)
    assert (-1000, "优惠券") in [(step.amount_fen, step.detail) for step in story.price]
    assert [line.discount_fen for line in story.lines] == [1000]
    assert story.troubles == ()


def test_a_campaigns_price_is_a_step_of_its_own():
    campaign, sku = cast.campaign_make(size=2)
    joined = cast.lead(campaign, sku, cast.person())
    story = told(cast.order_of(joined.order_public_id))
    assert (cast.GROUP_FEN - cast.LIST_FEN) in [step.amount_fen for step in story.price]


def test_a_line_that_was_given_up_is_a_refund_of_its_part(sku):
    other = cast.sku_on_sale(sku.store)
    order = paid_make(sku, items=[OrderItem(sku.pk, 1), OrderItem(other.pk, 1)])
    line = order.lines.get(sku=other)
    order_line_cancel(
        order_id=order.pk, line_id=line.pk, reason="断货", by_id=None, now=clock.now()
    )
    money_back()
    story = told(order)
    assert story.kept_fen == order.payable_fen - cast.LIST_FEN
    assert [line.is_cancelled for line in story.lines] == [False, True]
    assert [str(one.reason) for one in story.returns] == ["取消部分商品"]
    assert story.troubles == ()


def test_a_cancelled_order_keeps_nothing(sku):
    order = paid_make(sku)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    money_back()
    story = told(order)
    assert (story.kept_fen, len(story.moves), story.troubles) == (0, 2, ())


def test_money_that_came_twice_and_went_back_once(sku):
    order = paid_make(sku)
    again = payment_make(
        account=order.payment.account, order_ref=order.public_id, amount_fen=order.payable_fen
    )
    settle(again)
    deliver()
    story = told(order)
    assert (len(story.attempts), story.kept_fen) == (2, 2 * order.payable_fen)
    money_back()
    assert told(order).kept_fen == order.payable_fen


def test_what_does_not_add_up_is_said(sku):
    order = paid_make(sku)
    OrderLine.objects.filter(order=order).update(discount_fen=1)
    assert "分摊" in money_story(order).troubles[0]


def test_it_costs_the_same_for_one_line_as_for_ten(sku, django_assert_num_queries):
    skus = [sku, *(cast.sku_on_sale(sku.store) for _ in range(9))]
    for some in ([sku], skus):
        order = paid_make(sku, items=[OrderItem(one.pk, 1) for one in some])
        with django_assert_num_queries(8):
            money_story(order)


def test_staff_see_their_own_stores_orders_only(client, sku):
    order = paid_make(sku)
    page = f"/office/orders/order/{order.pk}/money/"
    client.force_login(staff_make(sku.store, role="clerk").user)
    text = client.get(page).content.decode()
    assert "每一分都对得上" in text
    assert Payment.objects.get().transaction_id in text
    client.force_login(staff_make(cast.store_open("陶坊")).user)
    assert client.get(page).status_code == 404


def test_a_late_payment_goes_back_whole(sku):
    order = order_make(sku)
    Order.objects.filter(pk=order.pk).update(state="closed", closed_at=clock.now())
    pay(order.public_id)
    deliver()
    money_back()
    story = told(order)
    assert story.kept_fen == 0
