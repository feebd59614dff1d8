"""How a group ends whose time is up with seats left: refunded, completed, or by its ladder."""

from datetime import timedelta

import pytest
from django.urls import reverse

from campaigns.groupbuy.models import Group, GroupCampaign, GroupTier, Member
from campaigns.groupbuy.services import (
    CampaignRefused,
    NewcomersOnly,
    campaign_publish,
    group_expire,
    seat_rebate,
)
from core import clock
from core.deadlines import deadlines_run
from notices.models import Notice, NoticeDelivery, Reminder
from orders.services import order_cancel, order_line_cancel, order_line_refund, order_ship
from payments.models import Refund
from tests import cast

pytestmark = pytest.mark.django_db

STEPS = ((3, 300), (5, 800))


def laddered(*, size=5, least=2, steps=STEPS, publish=True, **fields):
    """A ladder: 49 yuan from two people on, 3 less with three, 8 less with five."""
    campaign, sku = cast.campaign_make(
        size=size, publish=False, ending="ladder", least=least, **fields
    )
    for people, off_fen in steps:
        GroupTier.objects.create(
            store=campaign.store, campaign=campaign, people=people, off_fen=off_fen
        )
    if publish:
        campaign_publish(campaign_id=campaign.pk, now=clock.now())
        campaign.refresh_from_db()
    return campaign, sku


def opened(campaign, sku):
    """A group that its leader has paid for, and everybody knows it."""
    group, _ = cast.group_open(campaign, sku)
    cast.deliver()
    group.refresh_from_db()
    return group


def filled(campaign, sku, people, *, quantity=1):
    """A group that so many have paid for."""
    group = opened(campaign, sku)
    for _n in range(people - 1):
        joined = cast.join(group.public_id, sku, cast.person(), quantity=quantity)
        cast.pay(joined.order_public_id)
    cast.deliver()
    return group


def over(group):
    cast.overdue(group)
    group_expire(group_id=group.pk, now=clock.now())
    cast.deliver()
    group.refresh_from_db()
    return group


def silent_too_long(group):
    """Nobody waits any longer for what the provider does not say."""
    Group.objects.filter(pk=group.pk).update(deadline_at=clock.now() - timedelta(minutes=40))


def returned():
    return sorted(Refund.objects.values_list("reason", "amount_fen"))


def test_enough_people_complete_a_group_at_its_price():
    campaign, sku = cast.campaign_make(size=5, ending="complete", least=2)
    group = over(filled(campaign, sku, 3))
    assert (group.state, group.confirmed, group.off_fen) == ("succeeded", 3, 0)
    assert set(Member.objects.values_list("order__state", flat=True)) == {"to_ship"}
    assert returned() == []
    assert cast.broken() == []


def test_too_few_people_are_refunded():
    campaign, sku = cast.campaign_make(size=5, ending="complete", least=3)
    group = over(filled(campaign, sku, 2))
    assert group.state == "failed"
    assert [reason for reason, _fen in returned()] == ["group_failed"] * 2
    assert cast.broken() == []


def test_without_that_promise_enough_people_are_not_enough():
    campaign, sku = cast.campaign_make(size=5)
    assert over(filled(campaign, sku, 4)).state == "failed"


@pytest.mark.parametrize(("people", "off_fen"), [(2, 0), (3, 300), (4, 300), (5, 800)])
def test_the_step_that_is_reached_gives_the_difference_back(people, off_fen):
    campaign, sku = laddered()
    group = over(filled(campaign, sku, people))
    assert (group.state, group.confirmed, group.off_fen) == ("succeeded", people, off_fen)
    assert returned() == ([("group_tier", off_fen)] * people if off_fen else [])
    assert cast.broken() == []


def test_the_difference_is_for_every_piece_and_comes_once():
    campaign, sku = laddered()
    group = over(filled(campaign, sku, 3, quantity=2))
    for member in Member.objects.all():
        seat_rebate(member_id=member.pk, now=clock.now())
    assert returned() == [("group_tier", 300), ("group_tier", 600), ("group_tier", 600)]
    assert group.confirmed == 3
    assert cast.broken() == []


def test_who_has_everything_back_gets_no_difference():
    campaign, sku = laddered()
    group = filled(campaign, sku, 3)
    cast.overdue(group)
    group_expire(group_id=group.pk, now=clock.now())
    given_up = Member.objects.filter(is_leader=False)[0].order
    order_cancel(order_id=given_up.pk, reason="断货", now=clock.now())
    cast.deliver()
    assert sorted(returned()) == [
        ("cancelled", given_up.payable_fen),
        ("group_tier", 300),
        ("group_tier", 300),
    ]
    assert cast.broken() == []


@pytest.mark.parametrize("is_told_first", [True, False])
def test_pieces_that_were_cancelled_get_no_difference_on_top_of_their_price(is_told_first):
    """Of three pieces one is sent and two break, before the difference is given back or after it:
    in the end the piece that is left costs what the step says."""
    campaign, sku = laddered(steps=((3, 800),), limit_per_order=3, limit_per_person=3)
    group = filled(campaign, sku, 3, quantity=3)
    cast.overdue(group)
    group_expire(group_id=group.pk, now=clock.now())
    order = Member.objects.filter(is_leader=False)[0].order
    if is_told_first:
        cast.deliver()
    line = order.lines.get()
    now = clock.now()
    order_ship(
        order_id=order.pk,
        carrier="sf",
        tracking_no="SF00000001",
        by_id=None,
        now=now,
        quantities={line.pk: 1},
    )
    order_line_cancel(order_id=order.pk, line_id=line.pk, reason="断货", by_id=None, now=now)
    cast.deliver()
    rows = Refund.objects.filter(order_ref=order.public_id).order_by("reason")
    given = [("group_tier", 2400), ("line_cancelled", 8200)]
    if not is_told_first:
        given = [("group_tier", 800), ("line_cancelled", 9800)]
    assert list(rows.values_list("reason", "amount_fen")) == given
    assert order.payable_fen - sum(fen for _reason, fen in given) == 4100 + order.freight_fen
    assert cast.broken() == []


@pytest.mark.parametrize("back_fen", [1000, 9500, 10000])
def test_what_its_store_gave_back_before_does_not_lose_the_difference(back_fen):
    """Sent, and paid back in part or in full, before the difference came: no more than it cost."""
    campaign, sku = laddered(steps=((3, 800),))
    group = filled(campaign, sku, 3)
    cast.overdue(group)
    group_expire(group_id=group.pk, now=clock.now())
    order = Member.objects.filter(is_leader=False)[0].order
    line, now = order.lines.get(), clock.now()
    sent = {"carrier": "sf", "tracking_no": "SF00000001", "by_id": None, "now": now}
    order_ship(order_id=order.pk, **sent)
    back_fen = line.amount_fen * back_fen // 10000
    agreed = {"amount_fen": back_fen, "seen_fen": 0, "reason": "压坏了", "by_id": None, "now": now}
    order_line_refund(order_id=order.pk, line_id=line.pk, **agreed)
    cast.deliver()
    rows = Refund.objects.filter(order_ref=order.public_id).order_by("reason")
    rest_fen = min(800, line.amount_fen - back_fen)
    given = [("agreed", back_fen), *([("group_tier", rest_fen)] if rest_fen else [])]
    assert list(rows.values_list("reason", "amount_fen")) == given
    Group.objects.update(succeeded_at=now - timedelta(minutes=2))
    assert cast.broken() == []


def test_a_seat_that_is_not_paid_is_waited_for_and_then_left_behind():
    campaign, sku = laddered(least=3, steps=((4, 300),))
    group = filled(campaign, sku, 2)
    late = cast.join(group.public_id, sku, cast.person())
    cast.overdue(group)
    assert group_expire(group_id=group.pk, now=clock.now()) is not None
    silent_too_long(group)
    assert group_expire(group_id=group.pk, now=clock.now()) is None
    group.refresh_from_db()
    assert (group.state, group.reserved) == ("failed", 1)
    cast.pay(late.order_public_id)
    cast.deliver()
    group.refresh_from_db()
    assert group.reserved == 0
    assert Refund.objects.count() == 3
    assert cast.broken() == []


def test_money_that_comes_after_the_group_succeeded_without_it_goes_back():
    campaign, sku = laddered()
    group = filled(campaign, sku, 3)
    late = cast.join(group.public_id, sku, cast.person())
    silent_too_long(group)
    group_expire(group_id=group.pk, now=clock.now())
    group.refresh_from_db()
    assert (group.state, group.confirmed, group.reserved) == ("succeeded", 3, 1)
    cast.pay(late.order_public_id)
    cast.deliver()
    assert cast.order_of(late.order_public_id).state == "cancelled"
    group.refresh_from_db()
    assert (group.confirmed, group.reserved) == (3, 0)
    assert cast.broken() == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"steps": ()}, "至少填写一级"),
        ({"steps": ((2, 300),)}, "比上一级多"),
        ({"steps": ((3, 300), (4, 200))}, "比上一级多"),
        ({"steps": ((6, 300),)}, "超过了成团人数"),
        ({"steps": ((3, 4900),)}, "不足 1 分钱"),
    ],
)
def test_a_ladder_that_makes_no_sense_is_not_published(changes, why):
    with pytest.raises(CampaignRefused, match=why):
        laddered(**changes)


def test_steps_are_for_ladders_alone():
    campaign, _sku = laddered(publish=False)
    GroupCampaign.objects.filter(pk=campaign.pk).update(ending="complete")
    with pytest.raises(CampaignRefused, match="只有阶梯团"):
        campaign_publish(campaign_id=campaign.pk, now=clock.now())


@pytest.mark.parametrize("row", ["rebate", "step"])
def test_the_audit_names_a_ladder_that_does_not_add_up(row):
    campaign, sku = laddered()
    group = over(filled(campaign, sku, 3))
    assert cast.broken() == []
    # The audit gives facts a minute.
    Group.objects.filter(pk=group.pk).update(succeeded_at=clock.now() - timedelta(minutes=2))
    if row == "rebate":
        Refund.objects.filter(pk=Refund.objects.first().pk).update(reason="duplicate")
    else:
        Group.objects.filter(pk=group.pk).update(off_fen=100)
    named = {"rebate": "groupbuy.ladder", "step": "groupbuy.steps"}
    assert any(said.startswith(named[row]) for said in cast.broken())


# --- newcomers


def test_joining_is_for_newcomers_and_leading_for_everybody(client):
    campaign, sku = cast.campaign_make(size=3, newcomers_only=True)
    known, fresh = cast.person(), cast.person()
    cast.pay(cast.buy(known, sku))
    cast.deliver()
    group = opened(campaign, sku)
    with pytest.raises(NewcomersOnly):
        cast.join(group.public_id, sku, known)
    group.refresh_from_db()
    assert (group.reserved, group.joined) == (0, 1)
    client.force_login(known.user)
    page = client.get(reverse("groupbuy:join", args=[group.public_id])).content.decode()
    assert "新朋友" in page
    cast.join(group.public_id, sku, fresh)
    cast.lead(campaign, sku, known)
    assert cast.broken() == []


def test_who_bought_elsewhere_is_a_newcomer_here():
    campaign, sku = cast.campaign_make(size=3, newcomers_only=True)
    who = cast.person()
    cast.pay(cast.buy(who, cast.sku_on_sale()))
    cast.deliver()
    group = opened(campaign, sku)
    cast.join(group.public_id, sku, who)


# --- what shoppers read


def test_pages_promise_what_will_happen_before_anybody_pays(client):
    campaign, sku = laddered(newcomers_only=True)
    page = client.get(f"/p/{sku.product.public_id}/").content.decode()
    for said in ("到时满 2 人就成团", "满 3 人：每件再减 3.00 元", "满 5 人", "老带新"):
        assert said in page
    assert "到时人不齐，全额自动退回" not in page
    group = opened(campaign, sku)
    page = client.get(f"/g/{group.public_id}/").content.decode()
    assert "到时满 2 人就成团" in page and "还差 1 人成团，满 3 人更便宜" in page
    client.force_login(cast.person().user)
    joining = client.get(reverse("groupbuy:join", args=[group.public_id])).content.decode()
    assert "满 5 人：每件再减 8.00 元" in joining


def test_a_group_with_enough_people_wants_nobody_and_takes_more(client):
    campaign, sku = laddered()
    group = filled(campaign, sku, 2)
    assert (
        "人数已够，到时成团，还有 3 个名额" in client.get(f"/g/{group.public_id}/").content.decode()
    )


def test_a_group_that_reached_a_step_says_so(client):
    campaign, sku = laddered()
    group = over(filled(campaign, sku, 3))
    page = client.get(f"/g/{group.public_id}/").content.decode()
    assert "达到 3 人，每件再减 3.00 元" in page and "还差" not in page


def test_an_hour_before_the_end_everybody_who_paid_is_told_once():
    campaign, sku = cast.campaign_make(size=4, hours=24)
    group = filled(campaign, sku, 2)
    group.refresh_from_db()
    soon = group.deadline_at - timedelta(minutes=59)
    assert Reminder.objects.filter(kind="group_soon").count() == 2
    Reminder.objects.filter(kind="group_soon").update(due_at=clock.now())
    deadlines_run(now=soon)
    assert Notice.objects.filter(kind="group_soon").count() == 2
    assert NoticeDelivery.objects.filter(notice__kind="group_soon").count() == 2
    assert not Reminder.objects.filter(kind="group_soon").exists()
