"""Newcomers: who has bought nothing yet, and may hold one newcomer's seat of a store at a time."""

import pytest

from campaigns.groupbuy.services import NewcomerSeatTaken, NewcomersOnly, group_expire
from core import clock
from orders.queries import has_paid, has_paid_at
from orders.services import order_close_request
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def newcomers(store=None):
    """An open group of three for newcomers."""
    campaign, sku = cast.campaign_make(size=3, newcomers_only=True, store=store)
    group, _ = cast.group_open(campaign, sku)
    return group, sku


def failed(sku, who):
    """The person's group failed, and the money went back."""
    campaign, other = cast.campaign_make(size=3, store=sku.store)
    group, _ = cast.group_open(campaign, other, who)
    cast.overdue(group)
    group_expire(group_id=group.pk, now=clock.now())


def late(sku, who):
    """The person's money came after the order was closed."""
    ref = cast.buy(who, sku)
    order_close_request(order_id=cast.order_of(ref).pk, now=clock.now(), by_buyer=True)
    cast.deliver()
    cast.pay(ref)


@pytest.mark.parametrize("lost", [failed, late])
def test_who_has_all_the_money_back_is_still_a_newcomer(lost):
    group, sku = newcomers()
    bob = cast.person("Bob")
    lost(sku, bob)
    cast.deliver()
    assert not has_paid_at(bob.id, sku.store_id)
    assert not has_paid(bob.id)
    cast.join(group.public_id, sku, bob)
    assert cast.broken() == []


def test_somebody_holds_one_newcomers_seat_of_a_store_at_a_time(client):
    group, sku = newcomers()
    other, other_sku = newcomers(sku.store)
    bob = cast.person("Bob")
    ref = cast.join(group.public_id, sku, bob).order_public_id
    with pytest.raises(NewcomerSeatTaken):
        cast.join(other.public_id, other_sku, bob)
    client.force_login(bob.user)
    assert "一次只能占一个" in client.get(f"/g/{other.public_id}/join/").content.decode()
    elsewhere, elsewhere_sku = newcomers(cast.store_open("陶坊"))
    cast.join(elsewhere.public_id, elsewhere_sku, bob)
    cast.pay(ref)
    cast.deliver()
    with pytest.raises(NewcomersOnly):
        cast.join(other.public_id, other_sku, bob)
    other.refresh_from_db()
    assert (other.reserved, other.joined) == (0, 1)
    assert cast.broken() == []
