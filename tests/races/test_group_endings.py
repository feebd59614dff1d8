"""How a group ends when several want to end it at once: the last payer, the deadline, the merchant.
Each with its control."""

import time
from datetime import timedelta
from itertools import count, permutations
from threading import Event

import pytest
from django.db.models import F

from campaigns.groupbuy.events import MemberRefunding
from campaigns.groupbuy.models import Group, GroupCampaign, Member
from campaigns.groupbuy.services import (
    CancelRefused,
    group_cancel,
    group_expire,
    seat_rebate,
)
from campaigns.groupbuy.services import decide as deciding
from campaigns.groupbuy.services import seats as seating
from campaigns.groupbuy.states import GROUP, MEMBER
from campaigns.groupbuy.tests.test_endings import filled, laddered
from core import clock, deliveries
from core.facts import facts_record
from core.models import Fact
from orders.models import Order, OrderLine
from orders.services import give_back as giving_back
from payments.models import Payment, Refund
from tests import cast
from tests.races.threads import (
    LEADS,
    MEETING_S,
    at_once,
    head_to_head,
    kinds,
    many,
    together,
    unlocked,
)

pytestmark = pytest.mark.django_db(transaction=True)


def counts(group):
    group.refresh_from_db()
    return group.reserved, group.joined, group.confirmed


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
    read = unlocked(lambda pk: Group.objects.select_related("campaign").get(pk=pk), 2)
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


@pytest.fixture
def stale_payer(monkeypatch):
    """For controls: whoever pays next sees the group without a lock, and acts on it when these acts,
    which begin after that look, are done."""

    def after_the_look(*acts):
        looked, decided, lock, reads = Event(), Event(), seating.group_lock, count(1)

        def stale(pk):
            if next(reads) > 1:
                return lock(pk)
            found = Group.objects.select_related("campaign").get(pk=pk)
            looked.set()
            decided.wait(MEETING_S)
            return found

        def run():
            looked.wait(MEETING_S)
            for act in acts:
                act()
            decided.set()

        monkeypatch.setattr(seating, "group_lock", stale)
        return run

    return after_the_look


def test_without_the_groups_lock_a_cancelled_group_succeeds(nearly_full, stale_payer):
    """Control: the last payer has seen an open group, which the merchant then cancels."""
    group, _first, last = nearly_full
    at_once(lambda: cast.pay(last), stale_payer(lambda: cancel(group)))
    group.refresh_from_db()
    seats = set(group.members.values_list("state", flat=True))
    assert (group.state, seats) not in [("succeeded", {"confirmed"}), ("failed", {"refunding"})]
    assert cast.broken("groupbuy.seats") != []


@pytest.mark.parametrize("waits_s", [(0, 0, 0), *permutations((0, 0.03, 0.06))])
def test_paid_decided_and_cancelled_at_once_it_ends_in_one_way(nearly_full, waits_s):
    group, first, last = nearly_full
    cast.overdue(group)
    acts = (lambda: cast.pay(last), lambda: expire(group), lambda: cancel(group))

    def late(act, wait_s):
        time.sleep(wait_s)
        return act()

    told = at_once(*[lambda a=a, w=w: late(a, w) for a, w in zip(acts, waits_s, strict=True)])
    assert set(kinds(told)) <= {"ok", "CancelRefused"}
    cast.deliver()
    expire(group)  # the tick after
    assert ends(group, first, last) in [("succeeded", {"to_ship"}), ("failed", {"cancelled"})]
    assert isinstance(told[2], CancelRefused) <= (group.state == "succeeded")
    assert cast.broken() == []


def test_without_the_lock_paid_decided_and_cancelled_all_happen(nearly_full, stale_payer):
    """Control: the last payer completes a group that was cancelled and decided meanwhile."""
    group, first, last = nearly_full
    cast.overdue(group)
    at_once(lambda: cast.pay(last), stale_payer(lambda: cancel(group), lambda: expire(group)))
    assert ends(group, first, last) == ("failed", {"cancelled", "to_ship"})
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


def test_without_the_lock_a_seat_is_paid_in_a_group_that_is_over(monkeypatch, stale_payer):
    """Control: the decision looked before the money came, and the payer before the decision."""
    campaign, sku = cast.campaign_make(size=3)
    group, _ = cast.group_open(campaign, sku)
    bob = cast.join(group.public_id, sku, cast.person("Bob")).order_public_id
    cast.overdue(group)
    monkeypatch.setattr(deciding, "_take_what_is_paid", lambda *_, **__: None)
    at_once(lambda: cast.pay(bob), stale_payer(lambda: expire(group)))
    group.refresh_from_db()
    assert (group.state, group.joined) == ("failed", 2)
    assert cast.broken("groupbuy.seats") != []


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
    more = {"quota_used": F("quota_used") + 5, "quota_needed": F("quota_needed") + 5}
    GroupCampaign.objects.filter(pk=campaign.pk).update(**more)
    meet, move_set = together(lambda: None, 2), MEMBER.move_set

    def counted(*args, **kwargs):
        meet()
        return move_set(*args, **kwargs)

    monkeypatch.setattr(GROUP, "move_row", lambda row, name, *, now, changes: True)
    monkeypatch.setattr(MEMBER, "move_set", counted)
    assert kinds(many(lambda _: expire(group), 2)) == {"ok": 2}
    campaign.refresh_from_db()
    assert campaign.quota_used == 4


@pytest.fixture
def undelivered(monkeypatch):
    """A full group of two that is overdue. The process that took the last money died before it
    delivered what follows from it."""
    campaign, sku = cast.campaign_make(size=2)
    group, _ = cast.group_open(campaign, sku)
    last = cast.join(group.public_id, sku, cast.person("Bob")).order_public_id
    real = deliveries.delivery_attempt

    def dead(pk, *, now):
        ours = deliveries.Delivery.objects.filter(pk=pk, subscriber="groupbuy.order_paid")
        return False if ours.exists() else real(pk, now=now)

    with monkeypatch.context() as dying:
        dying.setattr(deliveries, "delivery_attempt", dead)
        cast.pay(last)
    assert cast.order_of(last).state == "on_hold"
    assert counts(group) == (1, 1, 0)
    cast.overdue(group)
    return group


def test_a_full_group_whose_facts_are_slow_succeeds_at_its_deadline(undelivered):
    expire(undelivered)
    cast.deliver()
    assert counts(undelivered) == (0, 0, 2)
    assert cast.broken() == []


def test_without_looking_at_the_orders_a_full_group_fails(undelivered, monkeypatch):
    """Control: the decision believes its own counters, and everybody had paid."""
    monkeypatch.setattr(deciding, "_take_what_is_paid", lambda *_, **__: None)
    silent = clock.now() - deciding.SILENCE_LIMIT - timedelta(seconds=1)
    Group.objects.filter(pk=undelivered.pk).update(deadline_at=silent)
    expire(undelivered)
    undelivered.refresh_from_db()
    assert undelivered.state == "failed"


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


def test_without_lock_and_number_the_difference_is_given_twice(monkeypatch):
    """Control: both have read that nothing came back yet before either has written it down, and ask
    under numbers of their own."""
    campaign, sku = laddered()
    group = filled(campaign, sku, 3)
    cast.overdue(group)
    group_expire(group_id=group.pk, now=clock.now())
    member = Member.objects.order_by("pk").first()
    numbers, ask = count(), giving_back.refund_request
    both = together(giving_back.refund_asked_fen, 2)

    def careless(*, part, **asked):
        return ask(part=f"{part}_{next(numbers)}", **asked)

    monkeypatch.setattr(giving_back, "order_lock", lambda pk: Order.objects.get(pk=pk))
    monkeypatch.setattr(giving_back, "refund_asked_fen", both)
    monkeypatch.setattr(giving_back, "refund_request", careless)
    # Nobody has delivered the facts of the success yet.
    Refund.objects.all().delete()
    OrderLine.objects.update(rebate_fen=0)
    Payment.objects.update(refunded_fen=0)
    many(lambda _n: seat_rebate(member_id=member.pk, now=clock.now()), 2)
    given = Refund.objects.filter(payment_id=member.order.payment_id, reason="group_tier")
    assert list(given.values_list("amount_fen", flat=True)) == [300, 300]
    Group.objects.filter(pk=group.pk).update(succeeded_at=clock.now() - timedelta(minutes=2))
    assert cast.broken("groupbuy.ladder") != []


@pytest.fixture
def ladder():
    """A ladder's group that reached a step, whose time is up."""
    campaign, sku = laddered()
    group = filled(campaign, sku, 3)
    cast.overdue(group)
    return group


def reasons():
    return set(Refund.objects.values_list("reason", flat=True))


@pytest.mark.parametrize("lead_s", LEADS)
def test_decided_or_cancelled_by_the_merchant_but_never_both(ladder, lead_s):
    told = head_to_head(lambda: expire(ladder), lambda: cancel(ladder), lead_s=lead_s)
    assert kinds(told) in [{"ok": 2}, {"ok": 1, "CancelRefused": 1}]
    cast.deliver()
    ladder.refresh_from_db()
    assert isinstance(told[1], CancelRefused) is (ladder.state == "succeeded")
    assert reasons() == ({"group_tier"} if ladder.state == "succeeded" else {"group_failed"})
    assert cast.broken() == []


def test_without_lock_and_comparison_it_is_decided_and_cancelled(ladder, monkeypatch):
    """Control: the merchant has counted who paid before the decision, and moves them after it."""
    counted, decided = Event(), Event()

    def careless(group, *, reason, now):
        paid = list(group.members.filter(state="joined"))
        counted.set()
        decided.wait(MEETING_S)
        Member.objects.filter(pk__in=[one.pk for one in paid]).update(state="refunding")
        facts_record(*[MemberRefunding.of(one) for one in paid], now=now)

    def decide():
        counted.wait(MEETING_S)
        expire(ladder)
        cast.deliver()
        decided.set()

    monkeypatch.setattr(deciding, "group_lock", lambda pk: Group.objects.get(pk=pk))
    monkeypatch.setattr(deciding, "group_fail", careless)
    at_once(lambda: cancel(ladder), decide)
    cast.deliver()
    assert "group_tier" in reasons()
    assert Member.objects.filter(state="refunding").count() == 3
    assert cast.broken("groupbuy.seats") != []
