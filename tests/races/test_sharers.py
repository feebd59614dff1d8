"""Rewards that several facts settle at once, each race with its control."""

from datetime import timedelta
from itertools import count
from threading import Event, Timer

import pytest
from django.db import transaction

from core import clock
from orders.models import Order
from orders.services import order_line_refund, order_receive
from orders.tests.factories import deliver, order_make, pay, shipped_make
from payments.models import Refund
from sharers.models import Reward, RewardEntry, Sharer
from sharers.services import (
    PayoutRefused,
    payout_record,
    payout_reverse,
    reward_release,
    rewards_settle,
)
from sharers.tests.factories import brings, plan_make, sharer_make
from sharing.queries import order_source
from sharing.services import order_attribute
from tests import cast
from tests.races.threads import (
    LEADS,
    MEETING_S,
    at_once,
    head_to_head,
    kinds,
    many,
    unlocked,
)

pytestmark = pytest.mark.django_db(transaction=True)

REWARD_FEN = cast.LIST_FEN * 5 // 100
BOOKS = ("sharers.rewards", "sharers.balances", "sharers.worth", "sharers.terms")


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


def attributed(sharer, buyer):
    """An order that a share brought."""
    sku = cast.sku_on_sale(sharer.store)
    order = order_make(sku, who=buyer)
    order_attribute(
        order_id=order.pk,
        store_id=order.store_id,
        buyer_id=buyer.id,
        placed_at=order.placed_at,
        now=clock.now(),
    )
    return order


def paid_and_unsettled(sharer, buyer):
    """An order that a share brought and money came for; nobody has been rewarded yet."""
    order = attributed(sharer, buyer)
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


def pay_out(sharer, by, key, amount_fen=REWARD_FEN):
    return payout_record(
        sharer_id=sharer.pk,
        amount_fen=amount_fen,
        note="",
        by_id=by.id,
        form_key=key,
        now=clock.now(),
    )


# The same order, settled by many facts at once: it is rewarded once.


def settle(order):
    return rewards_settle(order_id=order.pk, pins=True, now=clock.now())


def test_eight_facts_reward_an_order_once(sharer, buyer):
    order = paid_and_unsettled(sharer, buyer)
    told = kinds(many(lambda _n: settle(order), 8))
    assert told == {"ok": 8}
    assert RewardEntry.objects.count() == 1
    assert Sharer.objects.get().frozen_fen == REWARD_FEN
    assert cast.broken(*BOOKS) == []


def sharer_unlocked(monkeypatch, number=2):
    """The sharer as everybody saw them before anybody wrote."""
    look = unlocked(lambda pk: Sharer.objects.get(pk=pk), number)
    monkeypatch.setattr("sharers.services.rewards.sharer_lock", look)


def test_without_the_lock_an_order_is_rewarded_twice(sharer, buyer, monkeypatch):
    """Control: both find no reward; the line's own unique key is what is left, and it refuses one
    of them with an error that parks its fact."""
    order = paid_and_unsettled(sharer, buyer)
    sharer_unlocked(monkeypatch)
    told = kinds(many(lambda _n: settle(order), 2))
    assert told == {"ok": 1, "IntegrityError": 1}


# The money comes while the order is found to be somebody's: they are rewarded for it.


def paid_while_pinned(sharer, buyer, monkeypatch, *, look=order_source):
    """The terms are being kept for an unpaid order; money comes, and its fact has nothing to see yet."""
    order = attributed(sharer, buyer)
    pinned, go_on = Event(), Event()

    def pin():
        with transaction.atomic():
            settle(order)
            pinned.set()
            go_on.wait(MEETING_S)

    def money():
        pinned.wait(MEETING_S)
        pay(order.public_id)
        monkeypatch.setattr("sharers.services.rewards.order_source", look)
        Timer(0.3, go_on.set).start()
        return rewards_settle(order_id=order.pk, now=clock.now())

    assert kinds(at_once(pin, money)) == {"ok": 2}
    return order


def test_money_that_comes_while_the_terms_are_kept_earns_on_them(sharer, buyer, monkeypatch):
    paid_while_pinned(sharer, buyer, monkeypatch)
    assert Reward.objects.get().amount_fen == REWARD_FEN
    assert cast.broken(*BOOKS) == []


def test_without_waiting_for_the_terms_nothing_is_earned(sharer, buyer, monkeypatch):
    """Control: a fact that sees no terms goes away."""
    order = paid_while_pinned(sharer, buyer, monkeypatch, look=lambda _pk: None)
    assert Reward.objects.get().amount_fen == 0
    Order.objects.filter(pk=order.pk).update(paid_at=clock.now() - timedelta(minutes=2))
    assert cast.broken("sharers.terms") != []


# Released by the clock while what it is of is paid back.


def all_back(order):
    """The store gives back all that the goods cost; nobody has heard of it yet."""
    line = order.lines.get()
    order_line_refund(
        order_id=order.pk,
        line_id=line.pk,
        amount_fen=line.amount_fen,
        seen_fen=0,
        reason="压坏了",
        by_id=None,
        now=clock.now(),
    )
    # The audit leaves facts a minute to be heard.
    a_while_ago = clock.now() - timedelta(hours=1)
    Order.objects.filter(pk=order.pk).update(paid_at=a_while_ago)
    Refund.objects.filter(order_ref=order.public_id).update(requested_at=a_while_ago)


@pytest.mark.parametrize("lead_s", LEADS)
def test_release_against_claw_back_agrees_with_the_order(sharer, buyer, lead_s):
    order, reward = released(sharer, buyer)
    later = clock.now() + timedelta(days=8)
    all_back(order)
    head_to_head(
        lambda: reward_release(reward_id=reward.pk, now=later),
        lambda: rewards_settle(order_id=order.pk, now=later),
        lead_s=lead_s,
    )
    sharer.refresh_from_db()
    assert (sharer.frozen_fen, sharer.available_fen) == (0, 0)
    assert cast.broken(*BOOKS) == []


def test_without_the_lock_a_release_keeps_what_was_clawed_back(sharer, buyer, monkeypatch):
    """Control: the clock has looked, the fact takes it back, and the clock writes what it saw."""
    order, reward = released(sharer, buyer)
    later = clock.now() + timedelta(days=8)
    all_back(order)
    first = count(1)

    def look(pk):
        seen = Sharer.objects.get(pk=pk)
        if next(first) == 1:
            at_once(lambda: rewards_settle(order_id=order.pk, now=later))
        return seen

    monkeypatch.setattr("sharers.services.rewards.sharer_lock", look)
    reward_release(reward_id=reward.pk, now=later)
    assert cast.broken("sharers.balances") != []


# One balance, two payouts.


def test_a_balance_is_paid_out_once(sharer, buyer):
    _order, reward = released(sharer, buyer)
    reward_release(reward_id=reward.pk, now=clock.now() + timedelta(days=8))

    told = many(lambda n: pay_out(sharer, buyer, f"form {n}"), 4)
    assert sum(isinstance(one, RewardEntry) for one in told) == 1
    assert sum(isinstance(one, PayoutRefused) for one in told) == 3
    sharer.refresh_from_db()
    assert sharer.available_fen == 0
    assert cast.broken(*BOOKS) == []


def test_without_the_lock_a_balance_is_paid_out_twice(sharer, buyer, monkeypatch):
    """Control: a payout that believes what it saw."""
    _order, reward = released(sharer, buyer)
    reward_release(reward_id=reward.pk, now=clock.now() + timedelta(days=8))
    sharer_unlocked(monkeypatch)
    assert kinds(many(lambda n: pay_out(sharer, buyer, f"form {n}"), 2)) == {"ok": 2}
    assert cast.broken("sharers.balances") != []


# One payout, whose form was sent twice, and one that is put right twice.


def test_a_form_that_is_sent_twice_books_once(sharer, buyer):
    _order, reward = released(sharer, buyer)
    reward_release(reward_id=reward.pk, now=clock.now() + timedelta(days=8))
    told = many(lambda _n: pay_out(sharer, buyer, "one form", amount_fen=1), 4)
    assert sum(isinstance(one, RewardEntry) for one in told) == 1
    assert told.count(None) == 3
    assert cast.broken(*BOOKS) == []


def test_without_the_key_a_form_books_as_often_as_it_is_sent(sharer, buyer, monkeypatch):
    """Control: a form whose key nobody claims."""
    _order, reward = released(sharer, buyer)
    reward_release(reward_id=reward.pk, now=clock.now() + timedelta(days=8))
    monkeypatch.setattr("sharers.services.rewards.form_claim", lambda **_claim: None)
    told = many(lambda _n: pay_out(sharer, buyer, "one form", amount_fen=1), 2)
    assert sum(isinstance(one, RewardEntry) for one in told) == 2


def put_right(entry, by):
    return payout_reverse(entry_id=entry.pk, reason="填错了", by_id=by.id, now=clock.now())


def test_a_payout_is_put_right_once(sharer, buyer):
    _order, reward = released(sharer, buyer)
    reward_release(reward_id=reward.pk, now=clock.now() + timedelta(days=8))
    entry = pay_out(sharer, buyer, "form")
    told = many(lambda _n: put_right(entry, buyer), 4)
    assert sorted(told) == [False, False, False, True]
    sharer.refresh_from_db()
    assert sharer.available_fen == REWARD_FEN
    assert cast.broken(*BOOKS) == []


def test_without_the_lock_putting_right_twice_ends_in_an_error(sharer, buyer, monkeypatch):
    """Control: both find it not put right yet; the entry's unique key is what is left."""
    _order, reward = released(sharer, buyer)
    reward_release(reward_id=reward.pk, now=clock.now() + timedelta(days=8))
    entry = pay_out(sharer, buyer, "form")
    sharer_unlocked(monkeypatch)
    told = kinds(many(lambda _n: put_right(entry, buyer), 2))
    assert told == {"ok": 1, "IntegrityError": 1}
