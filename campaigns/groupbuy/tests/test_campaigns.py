"""Publishing and ending a campaign: what is refused, and in which words."""

from datetime import timedelta

import pytest

from campaigns.groupbuy.models import GroupCampaign, GroupPrice
from campaigns.groupbuy.queries import campaign_for_product, products_on_offer, shelf_offers
from campaigns.groupbuy.services import (
    CampaignRefused,
    campaign_advice,
    campaign_end,
    campaign_end_due,
    campaign_publish,
)
from catalog.services import product_withdraw
from core import clock
from tests import cast

pytestmark = pytest.mark.django_db


def publish(campaign):
    return campaign_publish(campaign_id=campaign.pk, now=clock.now())


def test_published_once():
    campaign, _ = cast.campaign_make(publish=False)
    assert publish(campaign)
    assert not publish(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.due_at) == ("published", campaign.ends_at)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_at": timedelta(seconds=-1)}, "结束时间"),
        ({"limit_per_order": 9, "limit_per_person": 5}, "每单限购"),
    ],
)
def test_terms_that_make_no_sense_are_refused(changes, words):
    campaign, _ = cast.campaign_make(publish=False)
    now = clock.now()
    GroupCampaign.objects.filter(pk=campaign.pk).update(
        starts_at=now - timedelta(days=2),
        **{k: now + v if isinstance(v, timedelta) else v for k, v in changes.items()},
    )
    with pytest.raises(CampaignRefused, match=words):
        publish(campaign)
    campaign.refresh_from_db()
    assert campaign.state == "draft"


@pytest.mark.parametrize("price_fen", [cast.LIST_FEN, cast.LIST_FEN + 1])
def test_a_group_price_that_is_none_is_refused(price_fen):
    campaign, _ = cast.campaign_make(publish=False, price_fen=price_fen)
    with pytest.raises(CampaignRefused, match="低于"):
        publish(campaign)


def test_without_a_price_there_is_no_campaign():
    campaign, _ = cast.campaign_make(publish=False)
    GroupPrice.objects.all().delete()
    with pytest.raises(CampaignRefused, match="拼团价"):
        publish(campaign)


def test_another_products_sku_is_refused():
    campaign, sku = cast.campaign_make(publish=False)
    GroupPrice.objects.update(sku=cast.sku_on_sale(sku.store))
    with pytest.raises(CampaignRefused, match="不属于"):
        publish(campaign)


def test_a_product_off_sale_is_refused():
    campaign, sku = cast.campaign_make(publish=False)
    product_withdraw(product_id=sku.product_id, now=clock.now())
    with pytest.raises(CampaignRefused, match="上架"):
        publish(campaign)


def test_one_running_campaign_per_product():
    campaign, sku = cast.campaign_make()
    second = GroupCampaign.objects.create(
        store=campaign.store,
        product=campaign.product,
        starts_at=clock.now(),
        ends_at=clock.now() + timedelta(days=1),
        quota=10,
    )
    GroupPrice.objects.create(store=campaign.store, campaign=second, sku=sku, price_fen=100)
    with pytest.raises(CampaignRefused, match="已有一个"):
        publish(second)
    campaign_end(campaign_id=campaign.pk, now=clock.now())
    assert publish(second)
    with pytest.raises(CampaignRefused, match="已经结束"):
        publish(campaign)


def test_a_campaign_ends_by_its_clock():
    campaign, sku = cast.campaign_make()
    assert campaign_end_due(campaign_id=campaign.pk, now=clock.now()) == campaign.ends_at
    assert campaign_for_product(sku.product_id, now=clock.now()).from_fen == cast.GROUP_FEN
    after = campaign.ends_at + timedelta(seconds=1)
    assert campaign_end_due(campaign_id=campaign.pk, now=after) is None
    campaign.refresh_from_db()
    assert campaign.state == "ended"
    assert campaign_for_product(sku.product_id, now=clock.now()) is None


def test_advice_names_what_is_probably_not_meant():
    campaign, _ = cast.campaign_make(on_hand=3, quota=10, size=2)
    assert any("3 件" in sentence for sentence in campaign_advice(campaign_id=campaign.pk))


def test_shelves_show_running_campaigns_in_one_query(django_assert_num_queries):
    _, sku = cast.campaign_make()
    other = cast.sku_on_sale()
    with django_assert_num_queries(1):
        offers = shelf_offers([sku.product_id, other.product_id], now=clock.now())
    assert {pk: (o.size, o.from_fen) for pk, o in offers.items()} == {
        sku.product_id: (2, cast.GROUP_FEN)
    }
    assert products_on_offer(now=clock.now()) == [sku.product_id]
    GroupCampaign.objects.update(quota_used=100)
    assert products_on_offer(now=clock.now()) == []
