"""A seat whose order was cancelled gives back once what it took, while facts are told twice and its
buyer comes again. Each with its control."""

import pytest

from campaigns.groupbuy.models import Group
from campaigns.groupbuy.services import seat_returned
from core import clock
from orders.services import order_cancel
from tests import cast
from tests.races.threads import LEADS, head_to_head, kinds, many, unlocked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def given_up():
    """A group of two succeeded, Alice's order was cancelled, and nobody has heard of it yet. One
    person buys one piece, and two are left."""
    campaign, sku = cast.campaign_make(size=2, quota=4, limit_per_person=1, limit_per_order=1)
    alice = cast.person("Alice")
    group, leader = cast.group_open(campaign, sku, alice)
    cast.pay(cast.join(group.public_id, sku, cast.person("Bob")).order_public_id)
    cast.deliver()
    order = cast.order_of(leader.order_public_id)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    return campaign, sku, alice, order.pk


def heard(order_id):
    return seat_returned(order_id=order_id, now=clock.now())


def used(campaign):
    campaign.refresh_from_db()
    return campaign.quota_used


def test_four_facts_give_back_once(given_up):
    campaign, _sku, _alice, order_id = given_up
    assert kinds(many(lambda _n: heard(order_id), 4)) == {"ok": 4}
    assert used(campaign) == 1
    cast.deliver()
    assert used(campaign) == 1
    assert cast.broken() == []


def test_without_the_groups_lock_it_comes_back_twice(given_up, monkeypatch):
    """Control: both have read that it was not given back."""
    campaign, _sku, _alice, order_id = given_up
    look = unlocked(lambda pk: Group.objects.get(pk=pk), 2)
    monkeypatch.setattr("campaigns.groupbuy.services.seats.group_lock", look)
    assert kinds(many(lambda _n: heard(order_id), 2)) == {"ok": 2}
    assert used(campaign) == 0
    assert cast.broken("groupbuy.quota") != []


@pytest.mark.parametrize("lead_s", LEADS)
def test_who_leads_again_meanwhile_is_within_the_limit_or_refused(given_up, lead_s):
    campaign, sku, alice, order_id = given_up
    led, _ = head_to_head(
        lambda: cast.lead(campaign, sku, alice), lambda: heard(order_id), lead_s=lead_s
    )
    again = isinstance(led, Exception)
    assert kinds([led]) in [{"ok": 1}, {"LimitReached": 1}]
    assert used(campaign) == (1 if again else 2)
    if again:
        cast.lead(campaign, sku, alice)
    cast.deliver()
    assert used(campaign) == 2
    assert cast.broken() == []
