"""Rewards that several facts settle at once, each race with its control."""

from datetime import timedelta

import pytest

from core import clock
from orders.services import order_cancel, order_receive
from orders.tests.factories import deliver, order_make, pay, shipped_make
from sharers.models import Reward, RewardEntry, Sharer
from sharers.services import PayoutRefused, payout_record, reward_release, rewards_settle
from sharers.tests.factories import brings, plan_make, sharer_make
from sharing.services import order_attribute
from tests import cast
from tests.races.threads import LEADS, head_to_head, kinds, many, together

pytestmark = pytest.mark.django_db(transaction=True)

REWARD_FEN = cast.LIST_FEN * 5 // 100
BOOKS = ("sharers.rewards", "sharers.balances", "sharers.worth")


@pytest.fixture
def sharer():
    sku = cast.sku_on_sale()
    plan_make(sku.store)
    return sharer_make(sku.store, cast.person())


@pytest.fixture
def buyer(sharer):
    who = cast.person()
    brings(sharer, who)
    return who


def paid_and_unsettled(sharer, buyer):
    """An order that a share brought and money came for; nobody has been rewarded yet."""
    sku = cast.sku_on_sale(sharer.store)
    order = order_make(sku, who=buyer)
    order_attribute(
        order_id=order.pk,
        store_id=order.store_id,
        buyer_id=buyer.id,
        placed_at=order.placed_at,
        now=clock.now(),
    )
    pay(order.public_id)
    order.refresh_from_db()
    assert order.state == "to_ship"
    assert not Reward.objects.exists()
    return order


def released(sharer, buyer):
    order = shipped_make(cast.sku_on_sale(sharer.store), who=buyer)
    order_receive(order_id=order.pk, now=clock.now())
    deliver()
    return order, Reward.objects.get(order=order)


# The same order, settled by many facts at once: it is rewarded once.


def test_eight_facts_reward_an_order_once(sharer, buyer):
    order = paid_and_unsettled(sharer, buyer)
    told = kinds(many(lambda _n: rewards_settle(order_id=order.pk, now=clock.now()), 8))
    assert told == {"ok": 8}
    assert RewardEntry.objects.count() == 1
    assert Sharer.objects.get().frozen_fen == REWARD_FEN
    assert cast.broken(*BOOKS) == []


def test_without_the_lock_facts_reward_twice_or_fail(sharer, buyer, monkeypatch):
    """Control: the sharer as it was when everybody looked."""
    order = paid_and_unsettled(sharer, buyer)
    rewards_settle(order_id=order.pk, now=clock.now())
    # A second change that two facts want to book.
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    look = together(lambda pk: Sharer.objects.get(pk=pk), 2, wait_s=2)
    monkeypatch.setattr("sharers.services.rewards.sharer_lock", look)
    order_cards = together(
        lambda: {one.line_id: one for one in Reward.objects.filter(order=order)}, 2, wait_s=2
    )
    monkeypatch.setattr("sharers.services.rewards._known", lambda _order_id: order_cards())
    many(lambda _n: rewards_settle(order_id=order.pk, now=clock.now()), 2)
    assert cast.broken(*BOOKS) != []


# Released by the clock while the order is cancelled.


@pytest.mark.parametrize("lead_s", LEADS)
def test_release_against_claw_back_agrees_with_the_order(sharer, buyer, lead_s):
    order, reward = released(sharer, buyer)
    later = clock.now() + timedelta(days=8)
    order.lines.update(shipped_quantity=0, cancelled_at=clock.now() - timedelta(hours=1))
    head_to_head(
        lambda: reward_release(reward_id=reward.pk, now=later),
        lambda: rewards_settle(order_id=order.pk, now=later),
        lead_s=lead_s,
    )
    sharer.refresh_from_db()
    assert (sharer.frozen_fen, sharer.available_fen) == (0, 0)
    assert cast.broken(*BOOKS) == []


# One balance, two payouts.


def test_a_balance_is_paid_out_once(sharer, buyer):
    _order, reward = released(sharer, buyer)
    reward_release(reward_id=reward.pk, now=clock.now() + timedelta(days=8))

    def pay_out(_n):
        return payout_record(
            sharer_id=sharer.pk, amount_fen=REWARD_FEN, note="", by_id=buyer.id, now=clock.now()
        )

    told = many(pay_out, 4)
    assert sum(isinstance(one, RewardEntry) for one in told) == 1
    assert sum(isinstance(one, PayoutRefused) for one in told) == 3
    sharer.refresh_from_db()
    assert sharer.available_fen == 0
    assert cast.broken(*BOOKS) == []


def test_without_the_lock_a_balance_is_paid_out_twice(sharer, buyer, monkeypatch):
    """Control: a payout that believes what it saw."""
    _order, reward = released(sharer, buyer)
    reward_release(reward_id=reward.pk, now=clock.now() + timedelta(days=8))
    look = together(lambda pk: Sharer.objects.get(pk=pk), 2)
    monkeypatch.setattr("sharers.services.rewards.sharer_lock", look)

    def pay_out(_n):
        return payout_record(
            sharer_id=sharer.pk, amount_fen=REWARD_FEN, note="", by_id=buyer.id, now=clock.now()
        )

    assert kinds(many(pay_out, 2)) == {"ok": 2}
    assert cast.broken("sharers.balances") != []
