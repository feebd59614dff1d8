"""What a campaign must not say: found, shown, ticked by name, and asked again when it changes."""

import re

import pytest
from django.urls import reverse

from campaigns.bargain.tests.factories import campaign_make as bargain_make
from campaigns.coupons.tests.factories import template_make
from campaigns.reductions.tests.factories import reduction_make
from core import clock
from guard.models import Acknowledgement
from guard.rules import BAIT_FEN, CROWD, Finding, settings_of
from guard.services import findings_acknowledge, unanswered
from stores.tests.factories import staff_make
from tests import cast


def test_settings_are_weighed():
    assert settings_of(people=CROWD, prices_fen=[BAIT_FEN]) == []
    found = settings_of(people=CROWD + 1, prices_fen=[1], helps_in_wechat=True, newcomers_only=True)
    said = ("人数太多", "不到 1 元", "老带新", "帮砍")
    assert all(words in one.text for words, one in zip(said, found, strict=True))
    assert [one.rule for one in found] == ["《微信外部链接内容管理规范》"] * 4


@pytest.mark.django_db
def test_who_answered_is_kept_and_asked_again_when_it_says_something_else():
    store, by = cast.store_open(), cast.person()
    first, second = [Finding("规则", "一")], [Finding("规则", "二")]
    known = {"kind": "group", "reference": "gbc_1"}
    assert not unanswered(**known, findings=[])
    assert unanswered(**known, findings=first)
    for _ in range(2):
        findings_acknowledge(
            **known, store_id=store.pk, findings=first, by_id=by.id, now=clock.now()
        )
    assert not unanswered(**known, findings=first)
    assert unanswered(**known, findings=second)
    row = Acknowledgement.objects.get()
    assert (row.by_id, row.findings) == (by.id, [{"rule": "规则", "text": "一"}])


def publish(client, campaign, page, **sent):
    url = reverse(f"admin:{page}_changelist")
    data = {"action": "publish", "_selected_action": [campaign.pk], **sent}
    return client.post(url, data, follow=True).content.decode()


def ticked(client, campaign, page):
    """The tick, with the mark of what was shown beside it."""
    shown = publish(client, campaign, page)
    name = f"mark-{campaign.public_id}"
    mark = re.search(rf'name="{name}" value="([0-9a-f]+)"', shown)[1]
    return {name: mark, f"ack-{campaign.public_id}": "1"}


@pytest.mark.django_db
def test_a_tick_is_for_the_findings_that_were_shown(client):
    campaign, sku = cast.campaign_make(publish=False)
    sku.product.title = "全网最低价红枣"
    sku.product.save()
    client.force_login(staff_make(campaign.store).user)
    page = "groupbuy_groupcampaign"
    sent = ticked(client, campaign, page)
    sku.product.title = "转发朋友圈领红包"
    sku.product.save()
    shown = publish(client, campaign, page, asked="1", **sent)
    campaign.refresh_from_db()
    assert "请重新确认" in shown and "转发朋友圈" in shown
    assert campaign.state == "draft" and not Acknowledgement.objects.exists()
    publish(client, campaign, page, asked="1", **{f"ack-{campaign.public_id}": "1"})
    campaign.refresh_from_db()
    assert campaign.state == "draft"


@pytest.mark.django_db
@pytest.mark.parametrize("bait", ["leader", "ladder", "newcomers"])
def test_a_groups_other_prices_and_its_newcomers_are_weighed(client, bait):
    campaign, _sku = cast.campaign_make(publish=False)
    if bait == "leader":
        campaign.prices.update(leader_fen=1)
    elif bait == "ladder":
        campaign.ending, campaign.size, campaign.least = "ladder", 5, 2
        campaign.save()
        price_fen = campaign.prices.get().price_fen
        campaign.tiers.create(store=campaign.store, people=5, off_fen=price_fen - 1)
    else:
        campaign.newcomers_only = True
        campaign.save()
    client.force_login(staff_make(campaign.store).user)
    shown = publish(client, campaign, "groupbuy_groupcampaign")
    assert ("老带新" if bait == "newcomers" else "不到 1 元") in shown
    campaign.refresh_from_db()
    assert campaign.state == "draft"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "page"),
    [(template_make, "coupons_coupontemplate"), (reduction_make, "reductions_reduction")],
)
def test_coupons_and_reductions_are_asked_about_as_well(client, make, page):
    draft = make(cast.store_open(), publish=False, name="分享三人免费领")
    client.force_login(staff_make(draft.store).user)
    assert "微信外部链接内容管理规范" in publish(client, draft, page)
    draft.refresh_from_db()
    assert draft.state == "draft"
    publish(client, draft, page, asked="1", **ticked(client, draft, page))
    draft.refresh_from_db()
    assert draft.state == "published"


@pytest.mark.django_db
def test_a_campaign_that_induces_is_published_only_after_somebody_answers(client, monkeypatch):
    campaign, sku = cast.campaign_make(publish=False)
    sku.product.title, sku.product.subtitle = "分享三人免费领红枣", "全网最低价"
    sku.product.save()
    staff = staff_make(campaign.store)
    client.force_login(staff.user)
    page = "groupbuy_groupcampaign"
    assert "微信外部链接内容管理规范" in publish(client, campaign, page)
    assert "没有勾选" in publish(client, campaign, page, asked="1")
    campaign.refresh_from_db()
    assert campaign.state == "draft" and not Acknowledgement.objects.exists()
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)
    publish(client, campaign, page, asked="1", **ticked(client, campaign, page))
    campaign.refresh_from_db()
    assert campaign.state == "published"
    row = Acknowledgement.objects.get()
    assert (row.by_id, row.given_at) == (staff.user_id, at)
    assert (row.store_id, row.kind) == (campaign.store_id, "group")
    assert row.reference == campaign.public_id
    wechat, advertising = "《微信外部链接内容管理规范》", "《广告法》第九条"
    assert [(one["rule"], re.search("“(.+?)”", one["text"])[1]) for one in row.findings] == [
        (wechat, "分享三人免费领"),
        (wechat, "免费领"),
        (advertising, "全网最低"),
    ]


@pytest.mark.django_db
def test_a_campaign_without_findings_is_published_at_once(client):
    campaign, _sku = cast.campaign_make(publish=False)
    client.force_login(staff_make(campaign.store).user)
    publish(client, campaign, "groupbuy_groupcampaign")
    campaign.refresh_from_db()
    assert campaign.state == "published" and not Acknowledgement.objects.exists()


@pytest.mark.django_db
def test_helping_inside_wechat_has_to_be_answered_for(client):
    campaign = bargain_make(publish=False, wechat_risk_accepted=True)
    client.force_login(staff_make(campaign.store).user)
    assert "域名可能被封" in publish(client, campaign, "bargain_bargaincampaign")
    campaign.refresh_from_db()
    assert campaign.state == "draft"


@pytest.mark.django_db
def test_a_neighbours_campaign_is_not_published(client):
    campaign, _sku = cast.campaign_make(publish=False)
    client.force_login(staff_make(cast.store_open("陶坊")).user)
    publish(client, campaign, "groupbuy_groupcampaign", **{f"ack-{campaign.public_id}": "1"})
    campaign.refresh_from_db()
    assert campaign.state == "draft"
