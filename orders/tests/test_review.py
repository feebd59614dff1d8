"""A strange order waits for a person: how long, beside what else, and what is said."""

from datetime import timedelta

import pytest

from core import clock
from core.deadlines import deadlines_run
from orders.models import OrderHold, RiskReview
from orders.services import (
    CancelRefused,
    hold_release,
    order_cancel,
    order_close_request,
    order_line_cancel,
    review_refuse,
    review_release,
)
from orders.tests.factories import deliver, place
from orders.tests.reviews import held, report
from payments.models import Refund
from risk.models import RiskPolicy
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


# --- the hold ---
def test_it_does_not_ship_until_somebody_looked(sku, who):
    order, review = held(sku, who)
    with pytest.raises(CancelRefused, match="订单审核"):
        order_cancel(order_id=order.pk, reason="", now=clock.now())
    assert review_release(review_id=review.pk, by_id=who.id, note="老客户", now=clock.now())
    assert not review_release(review_id=review.pk, by_id=who.id, now=clock.now())
    order.refresh_from_db()
    review.refresh_from_db()
    assert (order.state, review.outcome, review.note) == ("to_ship", "released", "老客户")
    assert cast.broken() == []


def test_refused_it_is_cancelled_and_the_money_goes_back(sku, who):
    order, review = held(sku, who)
    assert review_refuse(review_id=review.pk, by_id=who.id, note="", now=clock.now())
    deliver()
    order.refresh_from_db()
    sku.refresh_from_db()
    assert (order.state, sku.reserved) == ("cancelled", 0)
    assert Refund.objects.get().amount_fen == order.payable_fen
    assert not review_release(review_id=review.pk, by_id=who.id, now=clock.now())
    assert cast.broken() == []


def test_what_is_not_paid_is_not_refused(sku, who):
    report(who, sku, 60)
    place(sku, who)
    review = RiskReview.objects.get()
    with pytest.raises(CancelRefused, match="还没有付款"):
        review_refuse(review_id=review.pk, by_id=who.id, note="", now=clock.now())


def test_nobody_waits_for_ever(sku, who):
    RiskPolicy.objects.create(store=sku.store, hold_hours=2)
    order, review = held(sku, who)
    assert review.due_at == order.pay_before + timedelta(hours=2)
    RiskReview.objects.update(due_at=clock.now())
    deadlines_run(now=clock.now())
    order.refresh_from_db()
    review.refresh_from_db()
    assert (order.state, review.outcome, review.by_id) == ("to_ship", "timed_out", None)


# --- beside a group's hold ---
@pytest.fixture
def both(sku, who):
    """An order with a group's hold, too."""
    return held(sku, who, held=True)


@pytest.mark.parametrize("first", ["group", "risk"])
def test_one_hold_frees_nothing_of_the_other(both, who, first):
    order, review = both

    def group():
        hold_release(order_ids=[order.pk], kind="group", now=clock.now())

    def risk():
        review_release(review_id=review.pk, by_id=who.id, now=clock.now())

    acts = [group, risk] if first == "group" else [risk, group]
    acts[0]()
    order.refresh_from_db()
    assert order.state == "on_hold"
    acts[1]()
    order.refresh_from_db()
    assert order.state == "to_ship"


def test_an_open_group_comes_first(both, who):
    order, review = both
    with pytest.raises(CancelRefused, match="等拼团"):
        review_refuse(review_id=review.pk, by_id=who.id, note="", now=clock.now())
    hold_release(order_ids=[order.pk], kind="group", now=clock.now())
    assert review_refuse(review_id=review.pk, by_id=who.id, note="", now=clock.now())


def test_a_group_that_failed_takes_the_order_with_it(both):
    order, _review = both
    assert order_cancel(order_id=order.pk, reason="", hold_kind="group", now=clock.now())
    assert not OrderHold.objects.filter(closed_at=None).exists()
    assert cast.broken() == []


def test_a_review_ends_with_its_order(sku, who):
    report(who, sku, 60)
    order = place(sku, who)
    order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True)
    review = RiskReview.objects.get()
    assert (review.outcome, review.due_at, review.decided_at is not None) == ("ended", None, True)
    assert cast.broken() == []
    assert not review_release(review_id=review.pk, by_id=who.id, now=clock.now())
    RiskReview.objects.update(outcome="", decided_at=None)
    assert cast.broken("orders.reviews") != []


def test_a_review_ends_with_its_group(both):
    order, review = both
    order_cancel(order_id=order.pk, reason="", hold_kind="group", now=clock.now())
    review.refresh_from_db()
    assert review.outcome == "ended"
    assert cast.broken() == []


# --- pages ---
@pytest.mark.parametrize(
    ("released", "shown", "buyers", "office"),
    [
        (None, "待成团", "等成团", "尚未成团"),
        ("risk", "待成团", "等成团", "尚未成团"),
        ("group", "商家确认中", "商家正在确认这笔订单", "等待审核"),
    ],
)
def test_what_is_said_is_what_it_waits_for(client, both, who, released, shown, buyers, office):
    order, review = both
    if released == "group":
        hold_release(order_ids=[order.pk], kind="group", now=clock.now())
    if released == "risk":
        review_release(review_id=review.pk, by_id=who.id, now=clock.now())
    client.force_login(who.user)
    for path in (f"/orders/{order.public_id}/", "/orders/?state=hold"):
        text = client.get(path).content.decode()
        assert f"{shown}</" in text
    assert buyers in client.get(f"/orders/{order.public_id}/").content.decode()
    client.force_login(staff_make(order.store).user)
    told = "待成团" if shown == "待成团" else "待审核"
    page = f"/office/orders/order/{order.pk}"
    sent = {"carrier": "sf", "tracking_no": "SF123456"}
    text = client.post(f"{page}/ship/", sent).content.decode()
    assert office in text
    assert f"· {told}" in text
    assert told in client.get("/office/orders/order/").content.decode()
    with pytest.raises(CancelRefused, match=office):
        order_line_cancel(
            order_id=order.pk,
            line_id=order.lines.get().pk,
            reason="",
            by_id=None,
            now=clock.now(),
        )


def test_staff_decide_on_their_own_stores_orders(client, sku, who):
    order, review = held(sku, who)
    page = f"/office/orders/riskreview/{review.pk}/"
    client.force_login(staff_make(cast.store_open("陶坊")).user)
    client.post(f"{page}decide/", {"decision": "release", "confirmed": "1"})
    order.refresh_from_db()
    assert order.state == "on_hold"
    client.force_login(staff_make(sku.store, role="clerk").user)
    shown = client.get(f"{page}change/").content.decode()
    assert "平台收到过对此人的反映（60）+60" in shown
    assert f'href="{page}decide/?decision=release"' in shown
    sent = {"decision": "release", "note": "电话确认过", "confirmed": "1"}
    client.post(f"{page}decide/", sent)
    order.refresh_from_db()
    assert order.state == "to_ship"


@pytest.mark.parametrize(
    ("decision", "button", "ended"),
    [("release", "确认放行", "to_ship"), ("refuse", "确认拒绝并退款", "cancelled")],
)
def test_nothing_is_decided_before_it_is_confirmed(client, sku, who, decision, button, ended):
    order, review = held(sku, who)
    client.force_login(staff_make(order.store, role="clerk").user)
    page = f"/office/orders/riskreview/{review.pk}/"
    # Nothing to press by habit beside what is only looked at.
    assert 'name="note"' not in client.get(f"{page}change/").content.decode()
    asked = client.get(f"{page}decide/", {"decision": decision}).content.decode()
    assert order.public_id in asked and button in asked
    assert ("不能撤销" in asked) == (decision == "refuse")
    again = client.post(f"{page}decide/", {"decision": decision, "note": "电话打不通"})
    assert "电话打不通" in again.content.decode() and button in again.content.decode()
    assert client.post(f"{page}decide/", {"confirmed": "1"}).url == f"{page}change/"
    order.refresh_from_db()
    review.refresh_from_db()
    assert (order.state, review.outcome, review.note) == ("on_hold", "", "")
    client.post(f"{page}decide/", {"decision": decision, "note": "看过了", "confirmed": "1"})
    order.refresh_from_db()
    review.refresh_from_db()
    assert (order.state, review.note) == (ended, "看过了")
    late = client.get(f"{page}decide/", {"decision": decision}, follow=True).content.decode()
    assert "已经有人处理过了" in late and button not in late


def test_a_hold_that_was_forgotten_is_found(sku, who):
    order, _review = held(sku, who)
    OrderHold.objects.filter(order=order).update(closed_at=clock.now())
    assert any(one.startswith("orders.reviews") for one in cast.broken("orders.reviews"))


def test_the_buyer_reads_that_the_store_is_looking(client, sku, who):
    order, _review = held(sku, who)
    client.force_login(who.user)
    text = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "商家确认中" in text
    assert "待成团" not in text
