"""A seat whose order is cancelled after its group succeeded: what it took is free for others, and for
the person again, once; the group stays as it is."""

import pytest

from campaigns.groupbuy import services
from campaigns.groupbuy.models import Member
from campaigns.groupbuy.pages import lead_refusal
from campaigns.groupbuy.services import LimitReached
from core import clock
from orders.services import order_cancel
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def won():
    """A campaign with nothing left: its one group of two succeeded."""
    campaign, sku = cast.campaign_make(size=2, quota=3, limit_per_person=2, limit_per_order=2)
    alice = cast.person("Alice")
    group, leader = cast.group_open(campaign, sku, alice, quantity=2)
    bob = cast.join(group.public_id, sku, cast.person("Bob"))
    cast.pay(bob.order_public_id)
    cast.deliver()
    return campaign, sku, alice, leader.order_public_id


def cancel(order_ref):
    order = cast.order_of(order_ref)
    assert order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    cast.deliver()


def used(campaign):
    campaign.refresh_from_db()
    return campaign.quota_used


def test_it_may_be_bought_again(won):
    campaign, sku, alice, ref = won
    assert isinstance(lead_refusal(campaign.pk, alice.id, now=clock.now()), services.QuotaGone)
    cancel(ref)
    assert used(campaign) == 1
    member = cast.member_of(ref)
    assert member.state == "confirmed" and member.returned_at is not None
    group = member.group
    assert (group.state, group.confirmed) == ("succeeded", 2)
    assert lead_refusal(campaign.pk, alice.id, now=clock.now()) is None
    cast.lead(campaign, sku, alice)
    assert used(campaign) == 2
    assert cast.broken() == []


def test_it_counts_against_the_persons_limit_until_then(won):
    campaign, sku, alice, ref = won
    type(campaign).objects.update(quota=9)
    now = clock.now()
    assert isinstance(lead_refusal(campaign.pk, alice.id, now=now), LimitReached)
    with pytest.raises(LimitReached):
        cast.lead(campaign, sku, alice)
    cancel(ref)
    cast.lead(campaign, sku, alice, quantity=2)
    assert used(campaign) == 3


def test_it_comes_back_once(won):
    campaign, _sku, _alice, ref = won
    cancel(ref)
    order, before = cast.order_of(ref), cast.member_of(ref).returned_at
    services.seat_returned(order_id=order.pk, now=clock.now())
    assert used(campaign) == 1
    assert cast.member_of(ref).returned_at == before


def test_a_seat_of_a_group_that_failed_gave_its_piece_back_before():
    campaign, sku = cast.campaign_make(size=2)
    group, _ = cast.group_open(campaign, sku)
    services.group_cancel(group_id=group.pk, reason="断货", now=clock.now())
    assert used(campaign) == 0
    cast.deliver()
    assert used(campaign) == 0
    assert Member.objects.get().returned_at is None
    assert cast.broken() == []


def test_orders_without_a_seat_change_nothing():
    order = cast.order_of(cast.buy(cast.person(), cast.sku_on_sale()))
    services.seat_returned(order_id=order.pk, now=clock.now())
    assert not Member.objects.exists()
