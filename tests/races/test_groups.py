"""Seats: the last one, the last two payers, the deadline, the merchant. Each with its control."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.db.models import F

from campaigns.groupbuy import locks
from campaigns.groupbuy.models import Group, GroupCampaign, Member
from campaigns.groupbuy.services import campaign_cancel, newcomers
from campaigns.groupbuy.services import lead as leading
from core import clock
from core.idempotency import form_key_new
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
        return -1 if free else None

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


def test_without_the_forms_key_the_same_tap_is_refused(monkeypatch):
    """Control: nobody knows that they are the same form, and five of six meet a refusal."""
    monkeypatch.setattr("campaigns.groupbuy.services.lead.seat_form_claim", lambda *_, **__: None)
    campaign, sku = cast.campaign_make()
    alice, key = cast.person("Alice"), form_key_new()
    told = kinds(many(lambda _: cast.lead(campaign, sku, alice, form_key=key), 6))
    assert told == {"ok": 1, "AlreadyIn": 5}


def test_one_person_with_six_forms_has_one_live_group():
    campaign, sku = cast.campaign_make()
    alice = cast.person("Alice")
    told = kinds(many(lambda _: cast.lead(campaign, sku, alice), 6))
    assert told == {"ok": 1, "AlreadyIn": 5}
    assert Member.objects.count() == 1
    assert cast.broken() == []


@pytest.fixture
def many_live_groups():
    """The index that lets one person have one live group is taken off, and put back."""
    index = "groupbuy_one_live_group"
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [index])
        (definition,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {index}")
    yield
    Member.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(definition)


def test_without_the_index_one_person_has_many_live_groups(many_live_groups):
    """Control: nobody sees the others' seats before they are written."""
    campaign, sku = cast.campaign_make()
    alice = cast.person("Alice")
    told = kinds(many(lambda _: cast.lead(campaign, sku, alice), 4))
    assert told == {"ok": 4}
    assert Member.objects.filter(user=alice.user, state="reserved").count() == 4


def newcomers_groups():
    """Two open groups of one store, in two campaigns for newcomers."""
    first, sku = cast.campaign_make(size=3, newcomers_only=True)
    second, other = cast.campaign_make(size=3, newcomers_only=True, store=sku.store)
    return [(cast.group_open(first, sku)[0], sku), (cast.group_open(second, other)[0], other)]


def test_one_newcomer_takes_one_seat_of_a_store():
    groups, bob = newcomers_groups(), cast.person("Bob")

    def join(n):
        group, sku = groups[n]
        return cast.join(group.public_id, sku, bob)

    assert kinds(many(join, 2)) == {"ok": 1, "NewcomerSeatTaken": 1}
    assert Member.objects.filter(user=bob.user).count() == 1
    assert cast.broken() == []


def test_without_the_lock_a_newcomer_buys_twice_as_one(monkeypatch):
    """Control: both have seen no other seat before either is there."""
    groups, bob = newcomers_groups(), cast.person("Bob")
    refusal = newcomers.newcomer_refusal
    monkeypatch.setattr(newcomers, "newcomer_lock", lambda **_: None)
    monkeypatch.setattr(newcomers, "newcomer_refusal", together(refusal, 2))

    def join(n):
        group, sku = groups[n]
        ref = cast.join(group.public_id, sku, bob).order_public_id
        cast.pay(ref)
        return ref

    refs = many(join, 2)
    assert kinds(refs) == {"ok": 2}
    assert all(cast.order_of(ref).paid_at is not None for ref in refs)


def needed(campaign):
    """How many pieces begun groups cannot succeed without."""
    return sum(group.needs for group in campaign.groups.all())


def test_the_quota_is_never_exceeded():
    """The other two pieces are left for whoever joins the two."""
    campaign, sku = cast.campaign_make(quota=4)
    crowd = cast.people(8)
    told = kinds(many(lambda n: cast.lead(campaign, sku, crowd[n]), 8))
    assert told == {"ok": 2, "NoNewGroup": 6}
    campaign.refresh_from_db()
    assert (campaign.quota_used, campaign.quota_needed, needed(campaign)) == (2, 2, 2)
    assert cast.broken() == []


SUMMED = """
    UPDATE groupbuy_groupcampaign c SET quota_used = quota_used + %(quantity)s
    WHERE id = %(campaign_id)s AND quota >= quota_used + %(quantity)s + (
        SELECT sum(size - reserved - joined - confirmed) FROM groupbuy_group
        WHERE campaign_id = c.id AND state IN ('forming', 'open'))
"""


def test_a_sum_of_what_groups_need_is_of_before_the_wait(monkeypatch):
    """Control: PostgreSQL reads a row again after waiting for it, and does not sum again."""
    campaign, sku = cast.campaign_make(quota=4)
    crowd = cast.people(4)

    def summed(**taken):
        with connection.cursor() as cursor:
            cursor.execute(SUMMED, taken)
            return cursor.rowcount == 1

    monkeypatch.setattr("campaigns.groupbuy.services.taking.quota_take", summed)
    with ThreadPoolExecutor(1) as crowded:
        with transaction.atomic():
            locks.campaign_lock(campaign.pk)
            told = crowded.submit(many, lambda n: cast.lead(campaign, sku, crowd[n]), 4)
            all_wait(4)
        assert kinds(told.result()) == {"ok": 3, "NoNewGroup": 1}
    campaign.refresh_from_db()
    assert (needed(campaign), campaign.quota_left) == (3, 1)


def all_wait(number):
    """Until so many statements wait for a lock."""
    give_up = time.monotonic() + MEETING_S
    with connection.cursor() as cursor:
        while time.monotonic() < give_up:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= number:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")


@pytest.fixture
def three_groups():
    """Each has a leader and needs one more; of seven pieces one is free."""
    campaign, sku = cast.campaign_make(size=2, quota=7)
    groups = [cast.group_open(campaign, sku)[0].public_id for _ in range(3)]
    return campaign, sku, groups


def two_each(sku, groups):
    crowd = cast.people(3)
    return kinds(many(lambda n: cast.join(groups[n], sku, crowd[n], quantity=2), 3))


def test_who_wants_more_than_one_leaves_what_other_groups_need(three_groups):
    campaign, sku, groups = three_groups
    assert two_each(sku, groups) == {"ok": 1, "QuotaGone": 2}
    told = [at_once(lambda ref=ref: cast.join(ref, sku, cast.person()))[0] for ref in groups]
    assert kinds(told) == {"ok": 2, "GroupFull": 1}
    campaign.refresh_from_db()
    assert (campaign.quota_used, campaign.quota_needed) == (7, 0)
    assert cast.broken() == []


def test_without_the_condition_one_group_is_left_without_its_piece(three_groups, monkeypatch):
    """Control: whoever fits into the quota takes of it."""
    campaign, sku, groups = three_groups

    def careless(*, campaign_id, quantity, needs, leads):
        rows = GroupCampaign.objects.filter(pk=campaign_id, quota__gte=F("quota_used") + quantity)
        return bool(
            rows.update(
                quota_used=F("quota_used") + quantity, quota_needed=F("quota_needed") + needs
            )
        )

    monkeypatch.setattr("campaigns.groupbuy.services.taking.quota_take", careless)
    assert two_each(sku, groups) == {"ok": 2, "QuotaGone": 1}
    campaign.refresh_from_db()
    assert (needed(campaign), campaign.quota_left) == (1, 0)
    assert cast.broken("groupbuy.needed") != []


def test_without_the_condition_the_quota_constraint_is_all_that_holds(monkeypatch):
    """Control: taking without looking runs into the constraint."""
    campaign, sku = cast.campaign_make(quota=3)
    crowd = cast.people(6)

    def careless(*, campaign_id, quantity, needs, leads):
        rows = GroupCampaign.objects.filter(pk=campaign_id)
        return bool(rows.update(quota_used=F("quota_used") + quantity))

    monkeypatch.setattr("campaigns.groupbuy.services.taking.quota_take", careless)
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
    return campaign_cancel(campaign_id=campaign.pk, reason="断货", by_id=None, now=clock.now())


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
    monkeypatch.setattr("campaigns.groupbuy.services.taking.quota_take", lambda **_taken: True)
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


def test_a_seat_is_not_joined_in_the_last_two_minutes():
    campaign, sku = cast.campaign_make(size=2)
    group, _ = cast.group_open(campaign, sku)
    soon = clock.now() + locks.LAST_CALL - timedelta(seconds=1)
    Group.objects.filter(pk=group.pk).update(deadline_at=soon)
    crowd = cast.people(2)
    told = kinds(many(lambda n: cast.join(group.public_id, sku, crowd[n]), 2))
    assert told == {"TooLate": 2}
    assert counts(group) == (0, 1, 0)
