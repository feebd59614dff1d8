"""A campaign's life in the office: drafted, looked at, published, told, ended, cancelled."""

from datetime import time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from campaigns.flash.models import FlashCampaign, FlashOffer
from campaigns.flash.services import (
    CampaignRefused,
    campaign_advice,
    campaign_cancel,
    campaign_given_fen,
    campaign_outlook,
    campaign_publish,
    campaign_tick,
)
from campaigns.flash.tests.factories import buy, draft_make, offer_add, offer_make, over
from catalog.models import Sku
from core import clock
from core.deadlines import deadlines_run
from core.models import Fact
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def publish(campaign):
    return campaign_publish(campaign_id=campaign.pk, now=clock.now())


def test_publishing_fixes_slot_and_prices_and_happens_once():
    offer = offer_make(publish=False)
    assert publish(offer.campaign)
    assert not publish(offer.campaign)
    offer.refresh_from_db()
    campaign = FlashCampaign.objects.get(pk=offer.campaign_id)
    assert (campaign.state, offer.list_fen) == ("published", cast.LIST_FEN)
    start, end = timezone.localtime(campaign.starts_at), timezone.localtime(campaign.ends_at)
    assert (start.date(), start.time(), end.time()) == (campaign.day, time(10), time(12))
    assert campaign.due_at == campaign.starts_at - timedelta(minutes=5)


def test_a_slot_may_end_at_midnight():
    campaign = draft_make(store=cast.store_open(), slot_start=time(22), slot_end=time(0))
    starts_at, ends_at = campaign.slot()
    assert ends_at - starts_at == timedelta(hours=2)
    with pytest.raises(IntegrityError, match="flash_slot_ends_after_start"), transaction.atomic():
        draft_make(store=campaign.store, slot_start=time(12), slot_end=time(10))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"flash_fen": cast.LIST_FEN}, "应低于单独购买价"),
        ({"quota": 2, "per_person": 3}, "每人限购多于名额"),
    ],
)
def test_terms_that_make_no_sense_are_refused(fields, words):
    offer = offer_make(publish=False, **fields)
    with pytest.raises(CampaignRefused, match=words):
        publish(offer.campaign)
    offer.campaign.refresh_from_db()
    assert offer.campaign.state == "draft"


def test_what_else_is_refused():
    store = cast.store_open()
    with pytest.raises(CampaignRefused, match="至少添加一个"):
        publish(draft_make(store=store))
    yesterday = timezone.localtime(clock.now()).date() - timedelta(days=1)
    past = draft_make(store=store, day=yesterday)
    offer_add(past)
    with pytest.raises(CampaignRefused, match="已经过去"):
        publish(past)
    foreign = draft_make(store=store)
    offer_add(foreign, cast.sku_on_sale())
    with pytest.raises(CampaignRefused, match="找不到"):
        publish(foreign)


def test_one_sku_is_in_one_slot_at_a_time():
    first = offer_make(running=False)
    again = draft_make(store=first.store, slot_start=time(11), slot_end=time(13))
    offer_add(again, first.sku)
    with pytest.raises(CampaignRefused, match="同一时段已有秒杀"):
        publish(again)
    after = draft_make(store=first.store, slot_start=time(12), slot_end=time(14))
    offer_add(after, first.sku)
    assert publish(after)
    campaign_cancel(campaign_id=first.campaign_id, now=clock.now())
    campaign_cancel(campaign_id=after.pk, now=clock.now())
    assert publish(again)
    with pytest.raises(CampaignRefused, match="已经结束"):
        publish(after)


def test_the_clock_ends_it_and_tells_nothing_any_more():
    offer = offer_make()
    over(offer)
    deadlines_run(now=clock.now())
    campaign = FlashCampaign.objects.get(pk=offer.campaign_id)
    assert (campaign.state, campaign.due_at) == ("ended", None)
    assert campaign_tick(campaign_id=campaign.pk, now=clock.now()) is None
    assert not campaign_cancel(campaign_id=campaign.pk, now=clock.now())
    assert not Fact.objects.filter(name="flash.slot_opening").exists()
    assert cast.broken() == []


def test_cancelling_leaves_placed_orders_alone():
    offer = offer_make()
    ref = buy(offer, cast.person())
    assert campaign_cancel(campaign_id=offer.campaign_id, now=clock.now())
    cast.pay(ref)
    cast.deliver()
    assert cast.order_of(ref).state == "to_ship"
    assert cast.broken() == []


def test_the_outlook_says_margin_and_stock():
    offer = offer_make(publish=False, on_hand=30)
    Sku.objects.filter(pk=offer.sku_id).update(cost_fen=4000)
    found = campaign_outlook(offer.campaign)
    assert (found.margin_fen, found.margins_in_all_fen) == (-100, (-5000, -5000))
    assert (found.missing, found.exposed_fen) == (20, 50 * (3900 + cast.FREIGHT_FEN))
    advice = " ".join(campaign_advice(campaign_id=offer.campaign_id))
    assert "只有 30 件，少于名额 50 件" in advice
    assert "每件亏 1.00 元" in advice


def test_the_outlook_counts_with_a_list_price_that_fell_below():
    offer = offer_make(on_hand=50)
    Sku.objects.filter(pk=offer.sku_id).update(price_fen=3500, cost_fen=3000)
    found = campaign_outlook(offer.campaign)
    assert (found.margin_fen, found.exposed_fen) == (500, 50 * (3500 + cast.FREIGHT_FEN))
    assert campaign_given_fen(offer.campaign) == 0


def test_the_office_page_says_margin_stock_and_what_a_cancel_gives_back(owner):
    store, client = owner
    offer = offer_make(store=store, publish=False, on_hand=30)
    other = offer_add(offer.campaign, quota=10)
    path = reverse("admin:flash_flashcampaign_change", args=[offer.campaign_id])
    text = client.get(path).content.decode()
    assert "预计毛利" in text
    assert "毛利算不出来；全部售出的货款 2340.00 元" in text
    Sku.objects.filter(pk=offer.sku_id).update(cost_fen=3000)
    text = client.get(path).content.decode()
    assert "每件 9.00 元，全部售出 450.00 元" in text
    assert "有 1 个规格没有填成本价" in text
    Sku.objects.filter(pk=other.sku_id).update(cost_fen=2000)
    text = client.get(path).content.decode()
    for said in (
        "每件 9.00～19.00 元，全部售出 640.00 元",
        "名额 60 件，可售库存 130 件，还需备货 20 件",
        "退款敞口",
        f"逐单取消，最多退 {60 * (3900 + cast.FREIGHT_FEN) // 100}.00 元（含运费）",
        "全部抢完让利 1200.00 元",
    ):
        assert said in text, said


@pytest.fixture
def owner(client):
    store = cast.store_open()
    client.force_login(staff_make(store, role="owner").user)
    return store, client


def sent(sku, **changes):
    day = timezone.localtime(clock.now()).date() + timedelta(days=1)
    return {
        "day": day.isoformat(),
        "slot_start": "10:00:00",
        "slot_end": "12:00:00",
        "pay_minutes": "5",
        "offers-TOTAL_FORMS": "1",
        "offers-INITIAL_FORMS": "0",
        "offers-0-sku": sku.pk,
        "offers-0-flash_fen": "39.00",
        "offers-0-quota": "20",
        "offers-0-per_person": "1",
        **changes,
    }


def test_a_merchant_drafts_looks_publishes_and_cancels(owner):
    store, client = owner
    sku = cast.sku_on_sale(store)
    answer = client.post(reverse("admin:flash_flashcampaign_add"), sent(sku))
    assert answer.status_code == 302, answer.context["errors"]
    offer = FlashOffer.objects.get()
    assert (offer.store_id, offer.campaign.store_id, offer.flash_fen) == (store.pk, store.pk, 3900)
    change = reverse("admin:flash_flashcampaign_change", args=[offer.campaign_id])
    text = client.get(change).content.decode()
    assert "秒杀 39.00 元，名额 20 件，可售库存 100 件" in text
    assert "全部抢完让利 400.00 元" in text
    listing = reverse("admin:flash_flashcampaign_changelist")
    for action, state in (("publish", "published"), ("cancel", "cancelled")):
        client.post(listing, {"action": action, "_selected_action": [offer.campaign_id]})
        assert FlashCampaign.objects.get().state == state


def test_the_money_of_a_published_campaign_never_changes(owner):
    store, client = owner
    offer = offer_make(store=store, running=False)
    changes = {
        "offers-INITIAL_FORMS": "1",
        "offers-0-id": offer.pk,
        "offers-0-campaign": offer.campaign_id,
        "offers-0-flash_fen": "1.00",
        "offers-0-quota": "9999",
        "pay_minutes": "30",
    }
    change = reverse("admin:flash_flashcampaign_change", args=[offer.campaign_id])
    client.post(change, sent(offer.sku, **changes))
    client.post(change, sent(offer.sku))
    offer = FlashOffer.objects.select_related("campaign").get()
    assert (offer.flash_fen, offer.quota, offer.campaign.pay_minutes) == (3900, 50, 5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"offers-0-flash_fen": "0"}, "金额至少为 0.01 元"),
        ({"slot_end": "09:00:00"}, "结束时间应晚于开抢时间"),
    ],
)
def test_a_form_that_makes_no_sense_comes_back_with_a_sentence(owner, changes, words):
    store, client = owner
    answer = client.post(
        reverse("admin:flash_flashcampaign_add"), sent(cast.sku_on_sale(store), **changes)
    )
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not FlashCampaign.objects.exists()


def test_the_other_stores_sku_cannot_be_chosen(owner):
    _store, client = owner
    foreign = cast.sku_on_sale(cast.store_open("陶坊"))
    answer = client.post(reverse("admin:flash_flashcampaign_add"), sent(foreign))
    assert answer.status_code == 200
    assert not FlashOffer.objects.exists()
