"""A campaign that its merchant cancels: stored at once, and every group given up, whatever happens
meanwhile."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from campaigns.groupbuy.joinable import open_groups
from campaigns.groupbuy.models import Group, GroupCampaign
from campaigns.groupbuy.services import (
    CampaignOver,
    campaign_cancel,
    campaign_end,
    campaign_left,
    campaigns,
    group_expire,
)
from campaigns.groupbuy.tests.test_endings import filled
from core import clock
from core.deadlines import deadlines_run
from payments.models import Refund
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db

CAMPAIGNS = reverse("admin:groupbuy_groupcampaign_changelist")


class Killed(BaseException):
    """The process is gone; nothing in it hears of that."""


@pytest.fixture
def running():
    """A campaign and three groups that their leaders have paid for."""
    campaign, sku = cast.campaign_make(size=3)
    return campaign, [filled(campaign, sku, 1) for _ in range(3)]


def cancel(campaign, *, reason="断货", by_id=None):
    return campaign_cancel(campaign_id=campaign.pk, reason=reason, by_id=by_id, now=clock.now())


def tick(campaign):
    """The campaign is due, and looked at once."""
    rows = GroupCampaign.objects.filter(pk=campaign.pk, due_at__isnull=False)
    rows.update(due_at=clock.now())
    deadlines_run(now=clock.now())
    campaign.refresh_from_db()


def states(groups):
    return [Group.objects.get(pk=group.pk).state for group in groups]


def raising(patch, group, error):
    """From here on this group cannot be given up."""
    real = campaigns.group_cancel

    def give_up(*, group_id, **how):
        if group_id == group.pk:
            raise error
        return real(group_id=group_id, **how)

    patch.setattr(campaigns, "group_cancel", give_up)


def test_everything_is_given_back_and_what_succeeded_stays():
    campaign, sku = cast.campaign_make(size=2)
    done = filled(campaign, sku, 2)
    waiting = [filled(campaign, sku, 1) for _ in range(2)]
    forming = cast.lead(campaign, sku, cast.person())
    who = staff_make(campaign.store).user
    assert cancel(campaign, by_id=who.pk) == 3
    assert campaign_left(campaign_id=campaign.pk) == 0
    tick(campaign)
    assert campaign.due_at is None
    cast.deliver()
    assert (campaign.state, campaign.cancel_reason, campaign.cancelled_by) == ("ended", "断货", who)
    assert states([done, *waiting]) == ["succeeded", "failed", "failed"]
    assert Group.objects.get(public_id=forming.group_public_id).state == "abandoned"
    assert sorted(Refund.objects.values_list("reason", flat=True)) == ["group_failed"] * 2
    assert cast.broken() == []


def test_the_rest_follows_by_itself_when_the_request_is_cut_off(monkeypatch, running):
    campaign, groups = running
    with monkeypatch.context() as patch:
        raising(patch, groups[1], Killed())
        with pytest.raises(Killed):
            cancel(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.cancel_reason) == ("ended", "断货")
    assert states(groups) == ["failed", "open", "open"]
    deadlines_run(now=clock.now())
    assert states(groups) == ["failed"] * 3
    assert set(Group.objects.values_list("fail_reason", flat=True)) == {"断货"}
    cast.deliver()
    assert Refund.objects.count() == 3
    campaign.refresh_from_db()
    assert campaign.due_at is None
    assert cast.broken() == []


def test_a_group_that_cannot_be_given_up_stops_no_other_and_is_tried_again(monkeypatch, running):
    campaign, groups = running
    with monkeypatch.context() as patch:
        raising(patch, groups[0], RuntimeError("spoilt"))
        assert cancel(campaign) == 2
        assert states(groups) == ["open", "failed", "failed"]
        tick(campaign)
        assert "spoilt" in campaign.due_error
        assert campaign.due_at > clock.now()
    tick(campaign)
    assert states(groups) == ["failed"] * 3
    assert (campaign.due_at, campaign.due_error) == (None, "")


def test_while_others_can_be_given_up_one_that_cannot_is_no_error(monkeypatch, running):
    """Otherwise it would use up the attempts that the others need."""
    campaign, groups = running
    monkeypatch.setattr(campaigns, "AT_ONCE", 0)
    with monkeypatch.context() as patch:
        raising(patch, groups[0], RuntimeError("spoilt"))
        assert cancel(campaign) == 0
        tick(campaign)
        assert states(groups) == ["open", "failed", "failed"]
        assert (campaign.due_attempts, campaign.due_error) == (0, "")


def test_many_groups_are_given_up_batch_by_batch(monkeypatch, running):
    campaign, groups = running
    monkeypatch.setattr(campaigns, "AT_ONCE", 1)
    monkeypatch.setattr(campaigns, "BATCH", 1)
    assert cancel(campaign) == 1
    assert campaign_left(campaign_id=campaign.pk) == 2
    tick(campaign)
    assert states(groups) == ["failed", "failed", "open"]
    assert campaign.due_at <= clock.now()
    tick(campaign)
    assert states(groups) == ["failed"] * 3
    assert campaign.due_at is None


def test_nobody_joins_what_is_being_given_up(client, monkeypatch, running):
    campaign, groups = running
    sku = campaign.prices.get().sku
    bob = cast.person("Bob")
    mine = cast.join(groups[2].public_id, sku, bob)
    monkeypatch.setattr(campaigns, "AT_ONCE", 0)
    assert open_groups(campaign.pk, now=clock.now())
    cancel(campaign)
    assert open_groups(campaign.pk, now=clock.now()) == ()
    with pytest.raises(CampaignOver):
        cast.join(groups[0].public_id, sku, cast.person())
    assert Group.objects.get(pk=groups[0].pk).reserved == 0
    client.force_login(bob.user)
    path = f"/g/{groups[2].public_id}/"
    text = client.get(path).content.decode()
    assert "商家取消了这个活动" in text and "断货" in text and "不能再加入" in text
    assert "还差" not in text
    text = client.get(f"{path}mine/").content.decode()
    assert "不用再付款" in text and f"/orders/{mine.order_public_id}/pay/" not in text
    client.force_login(cast.person().user)
    text = client.get(f"/g/{groups[0].public_id}/join/").content.decode()
    assert "拼团活动没有在进行" in text
    client.force_login(bob.user)
    # Whoever was paying at that moment is told what becomes of it.
    cast.pay(mine.order_public_id)
    cast.deliver()
    assert Group.objects.get(pk=groups[2].pk).joined == 2
    for part in ("mine", "seat"):
        text = client.get(f"{path}{part}/").content.decode()
        assert "商家取消了这个活动，钱会全额自动退回" in text and "成团就发货" not in text
    tick(campaign)
    cast.deliver()
    assert states(groups) == ["failed"] * 3
    assert cast.order_of(mine.order_public_id).state == "cancelled"
    assert cast.broken() == []


@pytest.mark.parametrize("ending", ["refund", "complete"])
def test_what_is_being_given_up_does_not_succeed_any_more(client, monkeypatch, ending):
    """Its members have read that they are paid back, and so has whoever was paying just then."""
    least = {"complete": {"ending": "complete", "least": 2}}.get(ending, {})
    campaign, sku = cast.campaign_make(size=2 if ending == "refund" else 3, **least)
    group, bob = filled(campaign, sku, 1), cast.person("Bob")
    ref = cast.join(group.public_id, sku, bob).order_public_id
    monkeypatch.setattr(campaigns, "AT_ONCE", 0)
    cancel(campaign)
    client.force_login(bob.user)
    assert "全额自动退回" in client.get(f"/g/{group.public_id}/mine/").content.decode()
    cast.pay(ref)
    cast.deliver()
    if ending == "complete":
        cast.overdue(group)
        group_expire(group_id=group.pk, now=clock.now())
        cast.deliver()
    group.refresh_from_db()
    assert (group.state, group.fail_reason) == ("failed", "断货")
    assert cast.order_of(ref).state == "cancelled"
    assert Refund.objects.count() == 2
    tick(campaign)
    assert cast.broken() == []


def test_a_group_whose_leader_is_paying_waits_for_nobody_any_more(client, monkeypatch):
    campaign, sku = cast.campaign_make(size=2)
    made = cast.lead(campaign, sku, cast.person())
    monkeypatch.setattr(campaigns, "AT_ONCE", 0)
    cancel(campaign)
    text = client.get(f"/g/{made.group_public_id}/").content.decode()
    assert "商家取消了这个团：断货" in text and "等团长付款" not in text


def test_cancelling_twice_changes_nothing(running):
    campaign, _groups = running
    assert cancel(campaign) == 3
    assert cancel(campaign, reason="别的原因", by_id=staff_make(campaign.store).user.pk) == 0
    tick(campaign)
    cast.deliver()
    assert (campaign.cancel_reason, campaign.cancelled_by) == ("断货", None)
    assert set(Group.objects.values_list("fail_reason", flat=True)) == {"断货"}
    assert Refund.objects.count() == 3
    assert campaign.due_at is None


def test_cancelling_again_goes_on_where_it_was_given_up(monkeypatch, running):
    campaign, groups = running
    monkeypatch.setattr(campaigns, "AT_ONCE", 0)
    cancel(campaign)
    rows = GroupCampaign.objects.filter(pk=campaign.pk)
    rows.update(due_at=None, due_attempts=10, due_parked_at=clock.now())
    tick(campaign)
    assert states(groups) == ["open"] * 3
    cancel(campaign)
    tick(campaign)
    assert states(groups) == ["failed"] * 3


def test_a_campaign_that_is_over_can_be_cancelled_while_its_groups_run(running):
    campaign, groups = running
    campaign_end(campaign_id=campaign.pk, now=clock.now())
    assert cancel(campaign) == 3
    assert states(groups) == ["failed"] * 3


def test_a_draft_has_nothing_to_cancel():
    campaign, _sku = cast.campaign_make(publish=False)
    assert cancel(campaign) == 0
    campaign.refresh_from_db()
    assert (campaign.state, campaign.cancelled_at, campaign.due_at) == ("draft", None, None)


def test_the_database_keeps_a_reason_for_what_is_cancelled_and_lets_it_not_run(running):
    campaign, _groups = running
    rows, now = GroupCampaign.objects.filter(pk=campaign.pk), clock.now()
    for changes in (
        {"cancelled_at": now, "cancel_reason": "断货"},
        {"state": "ended", "cancelled_at": now},
        {"state": "ended", "cancel_reason": "断货"},
    ):
        refused = pytest.raises(IntegrityError, match="groupbuy_cancelled_has_ended")
        with refused, transaction.atomic():
            rows.update(**changes)


def test_the_office_says_how_many_are_done_and_that_the_rest_follows(client, monkeypatch, running):
    campaign, _groups = running
    monkeypatch.setattr(campaigns, "AT_ONCE", 1)
    who = staff_make(campaign.store, nickname="王店主").user
    client.force_login(who)
    page = reverse("admin:groupbuy_groupcampaign_change", args=[campaign.pk])
    assert "取消了活动" not in client.get(page).content.decode()
    sent = {"action": "cancel", "_selected_action": [campaign.pk], "asked": "1", "reason": "断货"}
    told = client.post(CAMPAIGNS, sent, follow=True).content.decode()
    assert "已取消 1 个团" in told
    assert "还有 2 个团会自动接着取消并退款" in told
    text = client.get(page).content.decode()
    assert "王店主取消了活动：断货" in text and "还有 2 个团会自动接着取消并退款" in text
    tick(campaign)
    text = client.get(page).content.decode()
    assert "王店主取消了活动：断货" in text and "还有 2 个团" not in text


def test_the_clock_that_ends_a_campaign_does_not_forget_its_cancelling(monkeypatch, running):
    """The merchant cancels at the moment that its end is being handled."""
    campaign, groups = running
    monkeypatch.setattr(campaigns, "AT_ONCE", 0)
    past = clock.now() - timedelta(seconds=1)
    GroupCampaign.objects.filter(pk=campaign.pk).update(ends_at=past, due_at=past)
    end = campaigns.campaign_end

    def ends_as_it_is_cancelled(**how):
        monkeypatch.setattr(campaigns, "campaign_end", end)
        cancel(campaign)
        return end(**how)

    monkeypatch.setattr(campaigns, "campaign_end", ends_as_it_is_cancelled)
    deadlines_run(now=clock.now())
    assert states(groups) == ["open"] * 3
    tick(campaign)
    assert states(groups) == ["failed"] * 3
