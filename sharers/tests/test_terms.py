"""An order is rewarded on the terms that held when it was placed, whatever becomes of plan and
sharer meanwhile."""

import pytest

from core import clock
from orders.services import hold_release, order_cancel, order_receive, order_ship
from orders.tests.factories import deliver, order_make, pay
from sharers.models import Reward, RewardEntry, SharerPlan, SkuRate
from sharers.queries import desk
from sharers.services import sharer_approve, sharer_stop
from sharers.tests.factories import REWARD_FEN, bought, money
from tests import cast

pytestmark = pytest.mark.django_db


def stopped_and_back(sharer):
    assert sharer_stop(sharer_id=sharer.pk, now=clock.now())
    assert sharer_approve(sharer_id=sharer.pk, now=clock.now())


# --- stopped, and taken back ---
def test_what_was_earned_before_goes_back_with_a_cancelled_order(sku, sharer, buyer):
    order = bought(sku, buyer)
    stopped_and_back(sharer)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    deliver()
    assert money(sharer) == (0, 0)
    assert cast.broken() == []


def test_what_was_earned_before_is_released_after_the_order_is_received(sku, sharer, buyer):
    order = bought(sku, buyer)
    stopped_and_back(sharer)
    order_ship(order_id=order.pk, carrier="sf", tracking_no="SF1234", by_id=None, now=clock.now())
    order_receive(order_id=order.pk, now=clock.now())
    deliver()
    assert money(sharer) == (REWARD_FEN, 0)
    assert Reward.objects.get(order=order).due_at is not None
    assert cast.broken() == []


def test_whoever_is_stopped_keeps_an_order_that_was_placed_before(sku, sharer, buyer):
    order = order_make(sku, who=buyer)
    deliver()
    sharer_stop(sharer_id=sharer.pk, now=clock.now())
    pay(order.public_id)
    deliver()
    assert money(sharer) == (REWARD_FEN, 0)


def test_orders_placed_while_they_were_stopped_earn_nothing_afterwards_either(sku, sharer, buyer):
    sharer_stop(sharer_id=sharer.pk, now=clock.now())
    order = order_make(sku, who=buyer)
    deliver()
    sharer_approve(sharer_id=sharer.pk, now=clock.now())
    pay(order.public_id)
    deliver()
    assert money(sharer) == (0, 0)
    assert not Reward.objects.exists()


# --- the plan changes ---
def test_a_share_that_was_lowered_after_placing_does_not_count(sku, plan, sharer, buyer):
    held = order_make(sku, who=buyer, held=True)
    pay(held.public_id)
    deliver()
    plan.rate_bp = 100
    plan.save()
    SkuRate.objects.create(store=sku.store, sku=sku, fixed_fen=1)
    hold_release(order_ids=[held.pk], kind="group", now=clock.now())
    deliver()
    assert money(sharer) == (REWARD_FEN, 0)


def test_a_promise_is_shown_when_it_is_worth_something(sku, sharer, buyer):
    order = order_make(sku, who=buyer)
    deliver()
    assert desk(sharer).earnings.rows == ()
    assert not RewardEntry.objects.exists()
    pay(order.public_id)
    deliver()
    (one,) = desk(sharer).earnings.rows
    assert one.amount_fen == REWARD_FEN


def test_sharers_earn_on_when_the_store_takes_no_new_ones(sku, plan, sharer, buyer):
    plan.is_open = False
    plan.save()
    bought(sku, buyer)
    assert money(sharer) == (REWARD_FEN, 0)


def test_a_store_that_pays_no_more_keeps_what_it_promised(client, sku, plan, sharer, buyer):
    before = order_make(sku, who=buyer)
    deliver()
    plan.pays_rewards = False
    plan.save()
    bought(sku, buyer)
    pay(before.public_id)
    deliver()
    assert money(sharer) == (REWARD_FEN, 0)
    client.force_login(sharer.person)
    page = client.get(f"/store/{sku.store.slug}/sharer/").content.decode()
    assert "这家店现在不给新订单奖励" in page


def test_an_order_placed_while_the_store_paid_nothing_earns_nothing_later_either(
    sku, plan, sharer, buyer
):
    SharerPlan.objects.update(pays_rewards=False)
    order = order_make(sku, who=buyer)
    deliver()
    SharerPlan.objects.update(pays_rewards=True)
    pay(order.public_id)
    deliver()
    order_ship(order_id=order.pk, carrier="sf", tracking_no="SF1234", by_id=None, now=clock.now())
    order_receive(order_id=order.pk, now=clock.now())
    deliver()
    assert money(sharer) == (0, 0)
    assert not Reward.objects.exists()
    assert cast.broken() == []
