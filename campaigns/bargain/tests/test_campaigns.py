"""A campaign's life in the office: drafted, looked at, published, ended."""

from datetime import timedelta

import pytest
from django.urls import reverse

from campaigns.bargain.models import BargainCampaign
from campaigns.bargain.services import (
    CampaignRefused,
    campaign_advice,
    campaign_end,
    campaign_given_fen,
    campaign_outlook,
    campaign_publish,
)
from campaigns.bargain.tests.factories import campaign_make, give, launch
from catalog.models import Sku
from core import clock
from core.deadlines import deadlines_run
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_publishing_takes_the_price_of_the_moment_and_happens_once():
    campaign = campaign_make(publish=False)
    assert campaign_publish(campaign_id=campaign.pk, now=clock.now())
    assert not campaign_publish(campaign_id=campaign.pk, now=clock.now())
    campaign.refresh_from_db()
    assert (campaign.state, campaign.list_fen) == ("published", cast.LIST_FEN)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"floor_fen": cast.LIST_FEN}, "底价应低于"),
        ({"floor_fen": cast.LIST_FEN - 3}, "不够每人砍 1 分钱"),
        ({"ends_at": timedelta(seconds=-1), "starts_at": timedelta(days=-1)}, "结束时间已过"),
    ],
)
def test_terms_that_make_no_sense_are_refused(fields, words):
    values = {
        key: clock.now() + value if isinstance(value, timedelta) else value
        for key, value in fields.items()
    }
    campaign = campaign_make(publish=False, **values)
    with pytest.raises(CampaignRefused, match=words):
        campaign_publish(campaign_id=campaign.pk, now=clock.now())
    campaign.refresh_from_db()
    assert (campaign.state, campaign.list_fen) == ("draft", 0)


def test_one_published_campaign_per_sku():
    first = campaign_make()
    second = campaign_make(sku=first.sku, publish=False)
    with pytest.raises(CampaignRefused, match="已有一个进行中"):
        campaign_publish(campaign_id=second.pk, now=clock.now())
    campaign_end(campaign_id=first.pk, now=clock.now())
    assert campaign_publish(campaign_id=second.pk, now=clock.now())
    with pytest.raises(CampaignRefused, match="已经结束"):
        campaign_publish(campaign_id=first.pk, now=clock.now())


def test_a_campaign_ends_by_its_clock_and_its_bargains_go_on():
    campaign = campaign_make()
    bargain = launch(campaign)
    BargainCampaign.objects.update(
        ends_at=clock.now() - timedelta(seconds=1), due_at=clock.now() - timedelta(seconds=1)
    )
    deadlines_run(now=clock.now())
    campaign.refresh_from_db()
    assert campaign.state == "ended"
    assert give(bargain) > 0


def test_the_outlook_says_what_it_costs_and_needs_at_most():
    campaign = campaign_make(publish=False, on_hand=30, quota=50)
    found = campaign_outlook(campaign)
    assert (found.margin_fen, found.margins_each_fen, found.missing) == (None, None, 20)
    assert found.exposed_fen == 50 * (5900 + cast.FREIGHT_FEN)
    campaign.sku.cost_fen = 4000
    found = campaign_outlook(campaign)
    assert (found.margin_fen, found.margins_in_all_fen) == (-100, (-5000, 95_000))
    campaign.buy_midway = False
    assert campaign_outlook(campaign).margins_in_all_fen == (-5000, -5000)
    assert campaign_outlook(campaign).exposed_fen == 50 * (3900 + cast.FREIGHT_FEN)
    campaign.sku.save()
    told = " ".join(campaign_advice(campaign_id=campaign.pk))
    assert "可售库存只有 30 件" in told
    assert "每件亏 1.00 元" in told
    assert "微信内只展示现价和购买" in told
    BargainCampaign.objects.update(wechat_risk_accepted=True)
    assert "域名可能被封" in " ".join(campaign_advice(campaign_id=campaign.pk))


def test_the_outlook_counts_with_a_list_price_that_fell_below():
    campaign = campaign_make(on_hand=50, quota=50)
    Sku.objects.filter(pk=campaign.sku_id).update(price_fen=3500, cost_fen=3000)
    campaign = BargainCampaign.objects.get()
    found = campaign_outlook(campaign)
    assert (found.margins_each_fen, found.exposed_fen) == (
        (500, 500),
        50 * (3500 + cast.FREIGHT_FEN),
    )
    assert campaign_given_fen(campaign) == 0


def test_the_office_page_says_margin_stock_and_what_a_cancel_gives_back(owner):
    store, client = owner
    campaign = campaign_make(store=store, publish=False, on_hand=30, quota=50)
    path = reverse("admin:bargain_bargaincampaign_change", args=[campaign.pk])
    text = client.get(path).content.decode()
    assert "预计毛利" in text
    assert "毛利算不出来；全部售出的货款 1950.00～2950.00 元" in text
    campaign.sku.cost_fen = 3000
    campaign.sku.save()
    text = client.get(path).content.decode()
    for said in (
        "每件 9.00～29.00 元，全部售出 450.00～1450.00 元",
        "名额 50 件，可售库存 30 件，还需备货 20 件",
        "退款敞口",
        f"逐单取消，最多退 {50 * (5900 + cast.FREIGHT_FEN) // 100}.00 元（含运费）",
        "每件最多让利 20.00 元，平均每刀 5.00 元",
        "让利 1000.00 元，共需 200 人次帮砍",
    ):
        assert said in text, said


@pytest.fixture
def owner(client):
    store = cast.store_open()
    client.force_login(staff_make(store, role="owner").user)
    return store, client


def sent(sku, **changes):
    return {
        "sku": sku.pk,
        "floor_fen": "39.00",
        "helpers": "12",
        "newcomer_percent": "30",
        "newcomer_weight": "2",
        "hours": "24",
        "hold_hours": "24",
        "buy_midway": "on",
        "starts_at_0": "2026-01-01",
        "starts_at_1": "00:00:00",
        "ends_at_0": "2036-01-01",
        "ends_at_1": "00:00:00",
        "quota": "20",
        "launches_per_person": "1",
        "helps_per_day": "3",
        **changes,
    }


def test_a_merchant_drafts_looks_publishes_and_ends(owner):
    store, client = owner
    sku = cast.sku_on_sale(store)
    answer = client.post(reverse("admin:bargain_bargaincampaign_add"), sent(sku))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    campaign = BargainCampaign.objects.get()
    assert (campaign.store_id, campaign.floor_fen, campaign.helpers) == (store.pk, 3900, 12)
    change = reverse("admin:bargain_bargaincampaign_change", args=[campaign.pk])
    text = client.get(change).content.decode()
    assert "每件最多让利 20.00 元" in text
    assert "让利 400.00 元，共需 240 人次" in text
    listing = reverse("admin:bargain_bargaincampaign_changelist")
    for action, state in (("publish", "published"), ("end", "ended")):
        client.post(listing, {"action": action, "_selected_action": [campaign.pk]})
        campaign.refresh_from_db()
        assert campaign.state == state


def test_the_money_of_a_published_campaign_never_changes(owner):
    store, client = owner
    campaign = campaign_make(store=store)
    change = reverse("admin:bargain_bargaincampaign_change", args=[campaign.pk])
    client.post(change, sent(campaign.sku, floor_fen="1.00", quota="9999", helpers="2"))
    campaign.refresh_from_db()
    assert (campaign.floor_fen, campaign.quota, campaign.helpers) == (3900, 100, 4)


def test_a_floor_of_nothing_is_refused_with_a_sentence(owner):
    store, client = owner
    answer = client.post(
        reverse("admin:bargain_bargaincampaign_add"),
        sent(cast.sku_on_sale(store), floor_fen="0"),
    )
    assert answer.status_code == 200
    assert "金额至少为 0.01 元" in answer.content.decode()
    assert not BargainCampaign.objects.exists()


def test_the_other_stores_sku_cannot_be_chosen(owner):
    _store, client = owner
    foreign = cast.sku_on_sale(cast.store_open("陶坊"))
    answer = client.post(reverse("admin:bargain_bargaincampaign_add"), sent(foreign))
    assert answer.status_code == 200
    assert not BargainCampaign.objects.exists()
