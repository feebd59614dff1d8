"""For every invariant the corruption is planted, and seen by name."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from campaigns.groupbuy.models import Group, GroupCampaign, Member
from campaigns.groupbuy.services import group_cancel
from core import clock
from core.invariants import audit
from orders.models import Order, OrderHold, OrderLine
from orders.services import order_cancel
from orders.tests.reviews import report
from payments.models import Refund
from payments.services import refund_settle
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def group():
    campaign, sku = cast.campaign_make(size=3)
    made, _ = cast.group_open(campaign, sku)
    assert cast.broken() == []
    return made


def without(constraint, table="groupbuy_group"):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint}")


@pytest.fixture
def loose():
    """The constraints that would stop the corruption are taken off, and put back."""
    names = ("groupbuy_group_never_overfull", "groupbuy_succeeded_is_enough")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = ANY(%s)",
            [list(names)],
        )
        kept = cursor.fetchall()
    for name in names:
        without(name)
    yield
    Member.objects.all().delete()
    Group.objects.all().delete()
    with connection.cursor() as cursor:
        for name, definition in kept:
            cursor.execute(f"ALTER TABLE groupbuy_group ADD CONSTRAINT {name} {definition}")


def names():
    return {line.split(":")[0] for line in cast.broken()}


def test_a_counter_that_is_not_its_members(group, loose):
    Group.objects.filter(pk=group.pk).update(reserved=1)
    assert "groupbuy.seats" in names()


def test_an_overfull_group(group, loose):
    Group.objects.filter(pk=group.pk).update(size=0)
    assert "groupbuy.seats" in names()


def test_a_succeeded_group_with_an_unpaid_member(group, loose):
    Group.objects.filter(pk=group.pk).update(state="succeeded")
    assert "groupbuy.succeeded" in names()


def test_a_quota_that_nobody_took(group):
    GroupCampaign.objects.update(quota_used=7)
    assert "groupbuy.quota" in names()


def test_a_quota_that_keeps_nothing_for_its_groups(group):
    """A group of three whose leader has paid needs two more."""
    assert GroupCampaign.objects.get().quota_needed == 2
    for needed in (0, 1, 3):
        GroupCampaign.objects.update(quota_needed=needed)
        assert names() == {"groupbuy.needed"}


def test_a_quota_that_is_less_than_its_groups_need(group):
    GroupCampaign.objects.update(quota=2)
    assert names() == {"groupbuy.needed"}
    GroupCampaign.objects.update(quota=3)
    assert names() == set()


def test_a_seat_that_costs_more_than_its_campaign_says():
    campaign, sku = cast.campaign_make(size=3, leader_fen=4000)
    group, leader = cast.group_open(campaign, sku)
    bob = cast.join(group.public_id, sku, cast.person("Bob"))
    cast.deliver()
    assert cast.broken() == []
    lines = OrderLine.objects.filter(order__public_id=leader.order_public_id)
    lines.update(unit_price_fen=4001, amount_fen=4001)
    assert "groupbuy.prices" in names()
    lines.update(unit_price_fen=3999, amount_fen=3999)
    assert "groupbuy.prices" not in names()
    lines = OrderLine.objects.filter(order__public_id=bob.order_public_id)
    lines.update(unit_price_fen=cast.GROUP_FEN + 1, amount_fen=cast.GROUP_FEN + 1)
    assert "groupbuy.prices" in names()
    lines.update(unit_price_fen=100, amount_fen=200, quantity=2)
    assert "groupbuy.prices" in names()
    lines.update(unit_price_fen=100, amount_fen=100, quantity=1)
    assert "groupbuy.prices" not in names()


def test_a_seat_for_something_that_is_not_in_its_campaign(group):
    OrderLine.objects.update(sku=cast.sku_on_sale())
    assert "groupbuy.prices" in names()


@pytest.fixture
def given_up():
    """A group succeeded, and its leader's order was cancelled afterwards."""
    campaign, sku = cast.campaign_make(size=2)
    made, leader = cast.group_open(campaign, sku)
    cast.pay(cast.join(made.public_id, sku, cast.person("Bob")).order_public_id)
    cast.deliver()
    order = cast.order_of(leader.order_public_id)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    cast.deliver()
    assert cast.broken() == []
    return cast.member_of(leader.order_public_id)


def rows(name, *, later):
    return [one.row for one in audit(now=clock.now() + later, names=[name])]


def test_a_seat_whose_order_is_cancelled_and_that_keeps_what_it_took(given_up):
    assert rows("groupbuy.returned", later=timedelta(days=1)) == []
    Member.objects.update(returned_at=None)
    assert rows("groupbuy.returned", later=timedelta(seconds=50)) == []
    assert rows("groupbuy.returned", later=timedelta(seconds=70)) == [
        f"group {given_up.group.public_id}"
    ]
    assert "groupbuy.quota" in names()


def test_a_seat_that_gave_back_what_its_order_still_is(given_up):
    Member.objects.update(returned_at=clock.now())
    assert rows("groupbuy.returned", later=timedelta(0)) == [f"group {given_up.group.public_id}"]


def test_a_group_beyond_its_time(group):
    Group.objects.filter(pk=group.pk).update(deadline_at=clock.now() - timedelta(hours=1))
    assert "groupbuy.decided" in names()


def test_a_forming_group_whose_leader_is_gone(group, loose):
    Group.objects.filter(pk=group.pk).update(state="forming")
    Order.objects.update(paid_at=clock.now() - timedelta(hours=1))
    assert "groupbuy.decided" in names()


def test_a_group_that_outlives_its_cancelled_campaign(group):
    now = clock.now()
    campaigns = GroupCampaign.objects.all()
    campaigns.update(state="ended", cancelled_at=now, cancel_reason="断货")
    assert rows("groupbuy.decided", later=timedelta(minutes=34)) == []
    assert rows("groupbuy.decided", later=timedelta(minutes=36)) == [f"group {group.public_id}"]


def test_a_seat_and_its_order_that_disagree(group):
    past = clock.now() - timedelta(hours=1)
    Order.objects.update(state="to_ship", placed_at=past, paid_at=past)
    assert "groupbuy.orders" in names()


@pytest.fixture
def cancelled(group):
    """A group that failed: its leader's money is on the way back."""
    group_cancel(group_id=group.pk, reason="断货", now=clock.now())
    cast.deliver()
    return group


def returned():
    refund = Refund.objects.get()
    refund_settle(
        refund_id=refund.pk,
        provider_refund_id="50300000000000000000000001",
        amount_fen=refund.amount_fen,
        succeeded_at=clock.now(),
        now=clock.now(),
    )
    cast.deliver()


def unrefunded(*, later=timedelta(0)):
    found = audit(now=clock.now() + later, names=["groupbuy.refunded"])
    return [one.row for one in found]


def test_a_seat_that_counts_as_refunded_without_its_money(cancelled):
    assert unrefunded(later=timedelta(days=1)) == []
    Member.objects.update(state="refunded")
    (found,) = audit(now=clock.now(), names=["groupbuy.refunded"])
    assert found.row == f"group {cancelled.public_id}"


def test_a_seat_that_never_hears_that_its_money_is_back(cancelled):
    returned()
    assert unrefunded(later=timedelta(days=1)) == []
    Member.objects.update(state="refunding")
    assert unrefunded(later=timedelta(seconds=59)) == []
    assert unrefunded(later=timedelta(seconds=62)) == [f"group {cancelled.public_id}"]


def test_a_seat_that_was_never_paid_and_counts_as_refunded(group):
    Order.objects.update(payment=None)
    Member.objects.update(state="refunded")
    assert unrefunded() == [f"group {group.public_id}"]


@pytest.fixture
def still_held():
    """A group succeeded an hour ago, and one of its orders waits for a person who looks at risks."""
    campaign, sku = cast.campaign_make(size=2)
    bob, past = cast.person("Bob"), clock.now() - timedelta(hours=1)
    User.objects.filter(pk=bob.id).update(joined_at=clock.now() - timedelta(days=30))
    report(bob, sku, 60)
    made, _ = cast.group_open(campaign, sku)
    cast.pay(cast.join(made.public_id, sku, bob).order_public_id)
    cast.deliver()
    Order.objects.update(placed_at=past, paid_at=past)
    Group.objects.update(succeeded_at=past)
    return Member.objects.get(user=bob.user)


def test_a_seat_whose_order_is_held_for_another_reason_is_as_it_should_be(still_held):
    assert (still_held.state, still_held.order.state) == ("confirmed", "on_hold")
    assert cast.broken() == []


@pytest.mark.parametrize("change", [{"kind": "group"}, {"closed_at": clock.now()}])
def test_a_seat_that_nothing_holds_and_whose_order_never_leaves(still_held, change):
    holds = OrderHold.objects.filter(order=still_held.order)
    holds.filter(kind="group").delete()
    assert holds.update(**change) == 1
    assert "groupbuy.orders" in names()
