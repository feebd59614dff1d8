"""Seats: the last one, the last two payers, the deadline, the merchant. Each with its control."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db.models import F

from campaigns.groupbuy import locks
from campaigns.groupbuy.models import Group, GroupCampaign, Member
from campaigns.groupbuy.services import group_cancel, group_expire
from core import clock
from core.idempotency import form_key_new
from tests import cast
from tests.races.threads import at_once, kinds, many

pytestmark = pytest.mark.django_db(transaction=True)


def counts(group):
    group.refresh_from_db()
    return group.reserved, group.joined, group.confirmed


def test_the_last_seat_is_taken_once():
    campaign, sku = cast.campaign_make(size=3)
    group, _ = cast.group_open(campaign, sku)
    crowd = cast.people(8)
    told = kinds(many(lambda n: cast.join(group.public_id, sku, crowd[n]), 8))
    assert told == {"ok": 2, "GroupFull": 6}
    assert counts(group) == (2, 1, 0)
    assert cast.broken() == []


def test_without_the_condition_a_seat_is_taken_twice(monkeypatch):
    """Control: the seat is counted first and taken afterwards."""
    campaign, sku = cast.campaign_make(size=2)
    group, _ = cast.group_open(campaign, sku)
    crowd = cast.people(8)
    from threading import Barrier

    seen = Barrier(8)

    def careless(*, group_id, now):
        free = Group.objects.get(pk=group_id).seats_left > 0
        seen.wait()
        if free:
            Group.objects.filter(pk=group_id).update(reserved=F("reserved") + 1)
        return free

    monkeypatch.setattr("campaigns.groupbuy.services.join.seat_take", careless)
    told = kinds(many(lambda n: cast.join(group.public_id, sku, crowd[n]), 8))
    # The database's own constraint is the last line: it stops what the code let through.
    assert told.get("IntegrityError", 0) > 0


def test_the_last_two_payers_complete_the_group_once():
    campaign, sku = cast.campaign_make(size=3)
    group, leader = cast.group_open(campaign, sku)
    orders = [cast.join(group.public_id, sku, who).order_public_id for who in cast.people(2)]
    at_once(*[lambda ref=ref: cast.pay(ref) for ref in orders])
    cast.deliver()
    assert counts(group) == (0, 0, 3)
    assert group.state == "succeeded"
    for ref in [leader.order_public_id, *orders]:
        assert cast.order_of(ref).state == "to_ship"
    assert cast.broken() == []


def test_without_the_groups_lock_the_last_two_payers_lose_a_seat(monkeypatch):
    """Control: both read the group before either writes it."""
    campaign, sku = cast.campaign_make(size=3)
    group, _ = cast.group_open(campaign, sku)
    orders = [cast.join(group.public_id, sku, who).order_public_id for who in cast.people(2)]
    from threading import Barrier

    read = Barrier(2)

    def unlocked(group_id):
        found = Group.objects.get(pk=group_id)
        read.wait(timeout=5)
        return found

    monkeypatch.setattr("campaigns.groupbuy.services.seats.group_lock", unlocked)
    at_once(*[lambda ref=ref: cast.pay(ref) for ref in orders])
    group.refresh_from_db()
    assert group.state != "succeeded"
    assert cast.broken("groupbuy.seats") != []


def test_one_person_leads_once_however_often_they_tap():
    campaign, sku = cast.campaign_make()
    alice, key = cast.person("Alice"), form_key_new()
    told = many(lambda _: cast.lead(campaign, sku, alice, form_key=key), 6)
    assert len({one.group_public_id for one in told}) == 1
    assert (Group.objects.count(), Member.objects.count()) == (1, 1)


def test_one_person_with_six_forms_has_one_live_group():
    campaign, sku = cast.campaign_make()
    alice = cast.person("Alice")
    told = kinds(many(lambda _: cast.lead(campaign, sku, alice), 6))
    assert told == {"ok": 1, "AlreadyIn": 5}
    assert Member.objects.count() == 1
    assert cast.broken() == []


def test_the_quota_is_never_exceeded():
    campaign, sku = cast.campaign_make(quota=3)
    crowd = cast.people(8)
    told = kinds(many(lambda n: cast.lead(campaign, sku, crowd[n]), 8))
    assert told == {"ok": 3, "QuotaGone": 5}
    campaign.refresh_from_db()
    assert campaign.quota_used == 3
    assert cast.broken() == []


def test_without_the_condition_the_quota_constraint_is_all_that_holds(monkeypatch):
    """Control: taking without looking runs into the constraint."""
    campaign, sku = cast.campaign_make(quota=3)
    crowd = cast.people(6)

    def careless(*, campaign_id, quantity):
        rows = GroupCampaign.objects.filter(pk=campaign_id)
        return bool(rows.update(quota_used=F("quota_used") + quantity))

    monkeypatch.setattr("campaigns.groupbuy.services.seats.quota_take", careless)
    told = kinds(many(lambda n: cast.lead(campaign, sku, crowd[n]), 6))
    assert told == {"ok": 3, "IntegrityError": 3}


@pytest.mark.parametrize("round_number", range(3))
def test_the_merchant_cancels_while_the_last_seat_is_paid(round_number):
    campaign, sku = cast.campaign_make(size=2)
    group, leader = cast.group_open(campaign, sku)
    last = cast.join(group.public_id, sku, cast.person("Bob")).order_public_id
    at_once(
        lambda: group_cancel(group_id=group.pk, reason="没货了", now=clock.now()),
        lambda: cast.pay(last),
    )
    cast.deliver()
    group.refresh_from_db()
    states = {cast.order_of(ref).state for ref in (leader.order_public_id, last)}
    assert (group.state, states) in [("succeeded", {"to_ship"}), ("failed", {"cancelled"})]
    assert cast.broken() == []


@pytest.mark.parametrize("round_number", range(3))
def test_the_deadline_comes_while_the_last_seat_is_paid(round_number):
    campaign, sku = cast.campaign_make(size=2)
    group, leader = cast.group_open(campaign, sku)
    last = cast.join(group.public_id, sku, cast.person("Bob")).order_public_id
    cast.overdue(group)
    at_once(
        lambda: group_expire(group_id=group.pk, now=clock.now()),
        lambda: cast.pay(last),
    )
    cast.deliver()
    group_expire(group_id=group.pk, now=clock.now())
    cast.deliver()
    group.refresh_from_db()
    states = {cast.order_of(ref).state for ref in (leader.order_public_id, last)}
    assert (group.state, states) in [("succeeded", {"to_ship"}), ("failed", {"cancelled"})]
    assert cast.broken() == []


def test_a_group_expires_once_however_many_ticks():
    campaign, sku = cast.campaign_make(size=3)
    group, leader = cast.group_open(campaign, sku)
    cast.overdue(group)
    many(lambda _: group_expire(group_id=group.pk, now=clock.now()), 6)
    cast.deliver()
    group.refresh_from_db()
    campaign.refresh_from_db()
    assert (group.state, group.joined, campaign.quota_used) == ("failed", 0, 0)
    order = cast.order_of(leader.order_public_id)
    assert order.state == "cancelled"
    assert cast.broken() == []


def test_a_full_group_whose_facts_are_slow_succeeds_at_its_deadline(monkeypatch):
    campaign, sku = cast.campaign_make(size=2)
    group, _ = cast.group_open(campaign, sku)
    last = cast.join(group.public_id, sku, cast.person("Bob")).order_public_id
    # The process that took the money dies before it delivers what follows from it.
    with monkeypatch.context() as dead:
        from core import deliveries

        real = deliveries.delivery_attempt
        dead.setattr(
            deliveries,
            "delivery_attempt",
            lambda pk, *, now: (
                real(pk, now=now)
                if not deliveries.Delivery.objects.filter(
                    pk=pk, subscriber="groupbuy.order_paid"
                ).exists()
                else False
            ),
        )
        cast.pay(last)
    assert cast.order_of(last).state == "on_hold"
    assert counts(group) == (1, 1, 0)
    cast.overdue(group)
    group_expire(group_id=group.pk, now=clock.now())
    cast.deliver()
    assert counts(group) == (0, 0, 2)
    assert cast.broken() == []


def test_a_seat_is_not_joined_in_the_last_two_minutes():
    campaign, sku = cast.campaign_make(size=2)
    group, _ = cast.group_open(campaign, sku)
    soon = clock.now() + locks.LAST_CALL - timedelta(seconds=1)
    Group.objects.filter(pk=group.pk).update(deadline_at=soon)
    with nullcontext():
        told = kinds(many(lambda _: cast.join(group.public_id, sku, cast.person()), 2))
    assert told == {"TooLate": 2}
    assert counts(group) == (0, 1, 0)
