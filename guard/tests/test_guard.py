"""What a campaign must not say: found, shown, ticked by name, and asked again when it changes."""

import pytest
from django.urls import reverse

from campaigns.bargain.tests.factories import campaign_make as bargain_make
from core import clock
from guard.models import Acknowledgement
from guard.rules import BAIT_FEN, CROWD, Finding, settings_of, wording
from guard.services import findings_acknowledge, unanswered
from stores.tests.factories import staff_make
from tests import cast


@pytest.mark.parametrize(
    "text",
    [
        "分享给三个好友免费领一箱",
        "转发朋友圈，到店领红包",
        "集赞 30 个送一盒",
        "帮我砍一刀",
        "关注公众号领优惠",
        "全网最低价",
        "世界第一的红枣",
    ],
)
def test_words_that_induce_or_boast_are_found_with_their_rule(text):
    (found,) = wording({"标题": text})
    assert "标题" in found.text and found.rule.startswith("《")


@pytest.mark.parametrize(
    "text",
    ["吊干红枣，肉厚核小", "和家人分享一锅好粥", "邀请您到枣园看看", "最甜的那几颗在树顶", ""],
)
def test_plain_words_are_left_alone(text):
    assert wording({"标题": text}) == []


def test_settings_are_weighed():
    assert settings_of(people=CROWD, prices_fen=[BAIT_FEN]) == []
    assert len(settings_of(people=CROWD + 1, prices_fen=[1], helps_in_wechat=True)) == 3


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


@pytest.mark.django_db
def test_a_campaign_that_induces_is_published_only_after_somebody_answers(client):
    campaign, sku = cast.campaign_make(publish=False)
    sku.product.title = "分享三人免费领红枣"
    sku.product.save()
    client.force_login(staff_make(campaign.store).user)
    page = "groupbuy_groupcampaign"
    assert "微信外部链接内容管理规范" in publish(client, campaign, page)
    assert "没有勾选" in publish(client, campaign, page, asked="1")
    campaign.refresh_from_db()
    assert campaign.state == "draft" and not Acknowledgement.objects.exists()
    publish(client, campaign, page, asked="1", **{f"ack-{campaign.public_id}": "1"})
    campaign.refresh_from_db()
    assert campaign.state == "published"
    assert Acknowledgement.objects.get().store_id == campaign.store_id


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
