"""Seats: the last one, the last two payers, the deadline, the merchant. Each with its control."""

from datetime import timedelta
from threading import Barrier

import pytest
from django.db.models import F

from campaigns.groupbuy import locks
from campaigns.groupbuy.models import Group, GroupCampaign, Member
from campaigns.groupbuy.services import (
    CancelRefused,
    campaign_cancel,
    group_cancel,
    group_expire,
    seat_rebate,
)
from campaigns.groupbuy.services import lead as leading
from campaigns.groupbuy.states import GROUP, MEMBER
from campaigns.groupbuy.tests.test_endings import filled, laddered
from core import clock
from core.idempotency import form_key_new
from core.models import Fact
from payments.models import Refund
from tests import cast
from tests.races.threads import (
    LEADS,
    MEETING_S,
    at_once,
    head_to_head,
    kinds,
    many,
    together,
)

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
    seen = Barrier(8)

    def careless(*, group_id, now):
        free = Group.objects.get(pk=group_id).seats_left > 0
        seen.wait(timeout=MEETING_S)
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
    read = Barrier(2)

    def unlocked(group_id):
        found = Group.objects.get(pk=group_id)
        read.wait(timeout=MEETING_S)
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

    def careless(*, campaign_id, quantity, leads):
        rows = GroupCampaign.objects.filter(pk=campaign_id)
        return bool(rows.update(quota_used=F("quota_used") + quantity))

    monkeypatch.setattr("campaigns.groupbuy.services.seats.quota_take", careless)
    told = kinds(many(lambda n: cast.lead(campaign, sku, crowd[n]), 6))
    assert told == {"ok": 3, "IntegrityError": 3}


def called_off_after_a_look(monkeypatch):
    """Alice has seen the campaign run; before she writes, its merchant gives up all of it."""
    campaign, sku = cast.campaign_make()
    alice, look = cast.person("Alice"), leading._offer

    def look_then_wait(*args, **kwargs):
        found = look(*args, **kwargs)
        at_once(lambda: call_off(campaign))
        return found

    monkeypatch.setattr(leading, "_offer", look_then_wait)
    return campaign, kinds([*at_once(lambda: cast.lead(campaign, sku, alice))])


def call_off(campaign):
    return campaign_cancel(campaign_id=campaign.pk, reason="断货", now=clock.now())


def left_running(campaign):
    """How many groups nobody has given up."""
    return campaign.groups.filter(state__in=["forming", "open"], fail_reason="").count()


def test_nobody_begins_a_group_of_a_campaign_that_was_just_called_off(monkeypatch):
    campaign, told = called_off_after_a_look(monkeypatch)
    assert told == {"CampaignOver": 1}
    assert left_running(campaign) == Member.objects.count() == 0
    assert cast.broken() == []


def test_without_the_condition_a_group_outlives_its_campaign(monkeypatch):
    """Control: the quota is taken of a campaign that is over."""
    take = locks.quota_take
    monkeypatch.setattr(
        "campaigns.groupbuy.services.seats.quota_take",
        lambda **taken: take(**{**taken, "leads": False}),
    )
    campaign, told = called_off_after_a_look(monkeypatch)
    assert told == {"ok": 1}
    assert left_running(campaign) == 1


@pytest.mark.parametrize("lead_s", LEADS)
def test_a_campaign_called_off_while_six_lead_leaves_no_group_running(lead_s):
    campaign, sku = cast.campaign_make()
    crowd = cast.people(6)
    told, _ = head_to_head(
        lambda: kinds(many(lambda n: cast.lead(campaign, sku, crowd[n]), 6)),
        lambda: call_off(campaign),
        lead_s=lead_s,
    )
    assert set(told) <= {"ok", "CampaignOver"}
    assert left_running(campaign) == 0
    assert cast.broken() == []


@pytest.fixture
def nearly_full():
    """A group of two: its leader has paid, Bob has not yet. The orders' numbers."""
    campaign, sku = cast.campaign_make(size=2)
    group, leader = cast.group_open(campaign, sku)
    last = cast.join(group.public_id, sku, cast.person("Bob")).order_public_id
    return group, leader.order_public_id, last


@pytest.fixture
def unlocked_groups(monkeypatch):
    """For controls: two who decide about a group have both seen it before either writes."""
    read = together(lambda pk: Group.objects.select_related("campaign").get(pk=pk), 2)
    for module in ("seats", "decide"):
        monkeypatch.setattr(f"campaigns.groupbuy.services.{module}.group_lock", read)


def cancel(group):
    return group_cancel(group_id=group.pk, reason="没货了", now=clock.now())


def expire(group):
    return group_expire(group_id=group.pk, now=clock.now())


def ends(group, *orders):
    """What became of the group and its orders, once everybody was told."""
    cast.deliver()
    group.refresh_from_db()
    return group.state, {cast.order_of(ref).state for ref in orders}


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_merchant_cancels_while_the_last_seat_is_paid(nearly_full, lead_s):
    group, first, last = nearly_full
    told = head_to_head(lambda: cancel(group), lambda: cast.pay(last), lead_s=lead_s)
    end = ends(group, first, last)
    assert end in [("succeeded", {"to_ship"}), ("failed", {"cancelled"})]
    # Who comes second is told so, or there was nothing left to do; nobody meets an error.
    assert kinds(told) in [{"ok": 2}, {"ok": 1, "CancelRefused": 1}]
    assert isinstance(told[0], CancelRefused) <= (group.state == "succeeded")
    assert cast.broken() == []


def test_without_the_groups_lock_a_cancelled_group_succeeds(nearly_full, unlocked_groups):
    """Control: the merchant and the last payer have both seen an open group."""
    group, _first, last = nearly_full
    at_once(lambda: cancel(group), lambda: cast.pay(last))
    group.refresh_from_db()
    seats = set(group.members.values_list("state", flat=True))
    assert (group.state, seats) not in [("succeeded", {"confirmed"}), ("failed", {"refunding"})]
    assert cast.broken("groupbuy.seats") != []


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_deadline_comes_while_the_last_seat_is_paid(nearly_full, lead_s):
    group, first, last = nearly_full
    cast.overdue(group)
    told = head_to_head(lambda: expire(group), lambda: cast.pay(last), lead_s=lead_s)
    assert kinds(told) == {"ok": 2}
    cast.deliver()
    expire(group)  # the tick after
    assert ends(group, first, last) in [("succeeded", {"to_ship"}), ("failed", {"cancelled"})]
    assert cast.broken() == []


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_deadline_comes_while_one_of_two_missing_seats_is_paid(lead_s):
    """The group cannot fill any more: whoever pays gets everything back."""
    campaign, sku = cast.campaign_make(size=3)
    group, leader = cast.group_open(campaign, sku)
    bob = cast.join(group.public_id, sku, cast.person("Bob")).order_public_id
    cast.overdue(group)
    told = head_to_head(lambda: expire(group), lambda: cast.pay(bob), lead_s=lead_s)
    assert kinds(told) == {"ok": 2}
    assert ends(group, leader.order_public_id, bob) == ("failed", {"cancelled"})
    campaign.refresh_from_db()
    assert (campaign.quota_used, group.reserved, group.joined) == (0, 0, 0)
    assert cast.broken() == []


@pytest.fixture
def overdue():
    """A group of three with one member, whose time is up."""
    campaign, sku = cast.campaign_make(size=3)
    group, leader = cast.group_open(campaign, sku)
    cast.overdue(group)
    return campaign, group, leader.order_public_id


def test_a_group_expires_once_however_many_ticks(overdue):
    campaign, group, order = overdue
    assert kinds(many(lambda _: expire(group), 6)) == {"ok": 6}
    assert ends(group, order) == ("failed", {"cancelled"})
    campaign.refresh_from_db()
    assert (group.joined, campaign.quota_used) == (0, 0)
    assert Fact.objects.filter(name="group.failed").count() == 1
    assert cast.broken() == []


def test_without_lock_and_comparison_its_quota_comes_back_twice(
    overdue, unlocked_groups, monkeypatch
):
    """Control: two ticks have both counted the same paid seat before either gives it back."""
    campaign, group, _ = overdue
    GroupCampaign.objects.filter(pk=campaign.pk).update(quota_used=F("quota_used") + 5)
    meet, move_set = together(lambda: None, 2), MEMBER.move_set

    def counted(*args, **kwargs):
        meet()
        return move_set(*args, **kwargs)

    monkeypatch.setattr(GROUP, "move_row", lambda row, name, *, now, changes: True)
    monkeypatch.setattr(MEMBER, "move_set", counted)
    assert kinds(many(lambda _: expire(group), 2)) == {"ok": 2}
    campaign.refresh_from_db()
    assert campaign.quota_used == 4


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
    crowd = cast.people(2)
    told = kinds(many(lambda n: cast.join(group.public_id, sku, crowd[n]), 2))
    assert told == {"TooLate": 2}
    assert counts(group) == (0, 1, 0)


def test_eight_deciders_of_a_ladder_give_the_difference_back_once():
    campaign, sku = laddered()
    group = filled(campaign, sku, 3)
    cast.overdue(group)
    many(lambda _n: group_expire(group_id=group.pk, now=clock.now()), 8)
    members = list(Member.objects.values_list("pk", flat=True))
    many(lambda n: seat_rebate(member_id=members[n % 3], now=clock.now()), 9)
    cast.deliver()
    assert Refund.objects.filter(reason="group_tier").count() == 3
    assert cast.broken() == []


def test_without_the_lock_the_difference_is_given_twice():
    """Control: both read that nothing came back yet before either has written it down."""
    campaign, sku = laddered()
    group = filled(campaign, sku, 3)
    cast.overdue(group)
    group_expire(group_id=group.pk, now=clock.now())
    order = Member.objects.first().order
    seen = together(lambda: order.lines.get().rebate_fen, 2)
    assert many(lambda _n: seen() == 0, 2) == [True, True]


def test_decided_or_cancelled_by_the_merchant_but_never_both():
    campaign, sku = laddered()
    group = filled(campaign, sku, 3)
    cast.overdue(group)

    def cancel():
        try:
            return group_cancel(group_id=group.pk, reason="断货", now=clock.now())
        except CancelRefused:
            return False

    at_once(lambda: group_expire(group_id=group.pk, now=clock.now()), cancel)
    cast.deliver()
    group.refresh_from_db()
    reasons = set(Refund.objects.values_list("reason", flat=True))
    assert reasons == ({"group_tier"} if group.state == "succeeded" else {"group_failed"})
    assert cast.broken() == []
