"""One timeline, from facts: the same for buyer and store, but for what each may see."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import User
from core import clock
from core.models import Fact
from orders.models import Order
from orders.pages import order_detail
from orders.services import (
    invoice_decline,
    invoice_request,
    order_address_change,
    order_cancel,
    order_close_request,
    order_note_add,
    order_price_ask,
    order_receive,
    order_receive_extend,
    order_ship,
    order_urge,
    review_refuse,
    review_release,
)
from orders.story import STEPS, order_story
from orders.tests.factories import (
    deliver,
    order_make,
    paid_make,
    pay,
    person,
    shipped_make,
    sku_on_sale,
)
from orders.tests.reviews import held
from payments.models import Refund
from payments.queries import refunds_of
from payments.services.refund import _stick
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


def story(order, *, for_buyer):
    order = Order.objects.get(pk=order.pk)
    steps = order_story(order, refunds=refunds_of(order.public_id), for_buyer=for_buyer)
    assert [one.at for one in steps] == sorted(one.at for one in steps)
    return [(one.label, one.detail) for one in steps]


def labels(order, *, for_buyer=True):
    return [label for label, _detail in story(order, for_buyer=for_buyer)]


def test_a_life_from_the_first_to_the_last():
    order = order_make(sku_on_sale())
    order_price_ask(order_id=order.pk, payable_fen=5000, by_id=None, now=clock.now())
    pay(order.public_id)
    deliver()
    elsewhere = person().address
    order_address_change(order_id=order.pk, address=elsewhere, by_id=None, now=clock.now())
    order_urge(order_id=order.pk, by_id=order.buyer_id, now=clock.now())
    order_note_add(order_id=order.pk, text="多放一袋", by_id=None, now=clock.now())
    order_ship(
        order_id=order.pk, carrier="sf", tracking_no="SF1234567", by_id=None, now=clock.now()
    )
    order_receive_extend(order_id=order.pk, by_id=order.buyer_id, now=clock.now())
    order_receive(order_id=order.pk, now=clock.now())
    assert story(order, for_buyer=True)[1] == ("商家修改了价格", "¥65.00 → ¥50.00")
    mine, stores = labels(order), labels(order, for_buyer=False)
    assert mine == [
        *("提交订单", "商家修改了价格", "付款成功", "收货信息已修改", "你催了发货"),
        *("商家已发货", "你延长了收货时间", "确认收货"),
    ]
    assert stores == [
        *("提交订单", "商家修改了价格", "付款成功", "收货信息已修改", "买家催发货", "商家备注"),
        *("商家已发货", "买家延长收货", "确认收货"),
    ]
    told = dict(story(order, for_buyer=False))
    assert (told["商家备注"], told["商家已发货"]) == ("多放一袋", "顺丰速运 SF1234567")
    assert elsewhere.phone not in told["收货信息已修改"]


def test_a_fact_that_is_gone_is_no_step():
    """It is read from facts, not from the order's columns."""
    order = paid_make()
    Fact.objects.filter(name="order.paid").delete()
    assert labels(order) == ["提交订单"]


def test_an_order_that_ends_says_why_and_where_its_money_is():
    order = paid_make(held=True)
    order_cancel(order_id=order.pk, reason="没有成团", hold_kind="group", now=clock.now())
    deliver()
    refund = Refund.objects.get()
    with transaction.atomic():
        _stick(refund, "账户异常", now=clock.now())
    assert story(order, for_buyer=True)[2:] == [
        ("订单取消", "没有成团"),
        ("申请退款", "65.00 元（拼团未成团）"),
        ("退款遇到问题，工作人员正在处理", "65.00 元（拼团未成团）"),
    ]
    assert story(order, for_buyer=False)[-1][1] == "65.00 元（拼团未成团） 账户异常"


def test_an_unpaid_order_ends():
    order = order_make()
    order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True)
    assert story(order, for_buyer=True)[-1] == ("订单关闭", "你取消了付款")


@pytest.mark.parametrize("decide", [review_release, review_refuse])
def test_a_judgement_is_the_stores_and_its_result_the_buyers(decide):
    who = cast.person()
    User.objects.filter(pk=who.id).update(joined_at=clock.now() - timedelta(days=30))
    order, review = held(sku_on_sale(), who)
    assert labels(order) == ["提交订单", "付款成功"]
    opened = dict(story(order, for_buyer=False))["需要审核"]
    assert "反映" in opened
    decide(review_id=review.pk, by_id=who.id, note="电话问过", now=clock.now())
    result = dict(story(order, for_buyer=False))["审核结果"]
    ends = {
        review_release: ("已放行 电话问过", ["商家已确认", "等待发货"]),
        review_refuse: ("已拒绝 电话问过", ["订单取消", "申请退款"]),
    }
    assert (result, labels(order)[2:]) == ends[decide]
    assert not any(
        "审核" in label or "反映" in detail for label, detail in story(order, for_buyer=True)[:2]
    )


def test_an_invoice_is_on_it():
    order = shipped_make()
    invoice = invoice_request(
        order_id=order.pk, kind="person", title="张三", tax_no="", email="a@b.cn", now=clock.now()
    )
    invoice_decline(invoice_id=invoice.pk, reason="抬头不对", by_id=None, now=clock.now())
    assert story(order, for_buyer=True)[-2:] == [("申请发票", ""), ("未能开票", "抬头不对")]


def test_every_fact_of_an_order_has_its_step():
    from core.facts import Event

    ours = ("orders.events", "payments.events")
    facts = {
        name
        for name, event in Event.registry.items()
        if event.__module__ in ours and event.subject() not in {"payment", "bill", "account"}
    }
    assert set(STEPS) == facts


def test_both_pages_show_it_in_one_query(client, django_assert_num_queries):
    order = paid_make(sku_on_sale(), who=(who := person()))
    loaded = Order.objects.select_related("reprice", "invoice", "risk_review")
    loaded = loaded.prefetch_related("changes", "shipments").get(pk=order.pk)
    with django_assert_num_queries(1):
        order_story(loaded, refunds=(), for_buyer=True)
    assert [one.label for one in order_detail(who.id, order.public_id).steps] == [
        "付款成功",
        "提交订单",
    ]
    client.force_login(staff_make(order.store).user)
    assert "付款成功" in client.get(f"/office/orders/order/{order.pk}/change/").content.decode()
