"""A campaign's quota: no group is begun that could not succeed, and pages say when all is taken."""

import pytest
from django.urls import reverse

from campaigns.groupbuy.models import GroupCampaign
from campaigns.groupbuy.queries import campaign_for_product, products_on_offer, shelf_offers
from campaigns.groupbuy.services import CampaignRefused, NoNewGroup, QuotaGone
from core import clock
from core.public_pages import public_pages_forget
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_pages():
    public_pages_forget()


def test_the_last_piece_begins_no_group_of_two(client):
    campaign, sku = cast.campaign_make(size=2, quota=3)
    group, _ = cast.group_open(campaign, sku)
    cast.join(group.public_id, sku, cast.person())
    alice = cast.person("Alice")
    with pytest.raises(NoNewGroup, match="不够再成一个团"):
        cast.lead(campaign, sku, alice)
    campaign.refresh_from_db()
    assert (campaign.quota_used, campaign.groups.count()) == (2, 1)
    client.force_login(alice.user)
    form = client.get(reverse("groupbuy:lead", args=[sku.product.public_id])).content.decode()
    assert "不够再成一个团" in form
    assert "单独购买" in form
    now = clock.now()
    assert not campaign_for_product(sku.product_id, now=now).can_lead
    assert shelf_offers([sku.product_id], now=now) == {}
    assert sku.product_id not in products_on_offer(now=now, limit=1000)
    page = client.get(f"/p/{sku.product.public_id}/").content.decode()
    assert "不能再开新团" in page
    assert reverse("groupbuy:lead", args=[sku.product.public_id]) not in page
    assert cast.broken() == []


def test_a_leader_leaves_a_piece_for_everybody_who_is_needed():
    campaign, sku = cast.campaign_make(size=3, quota=5)
    with pytest.raises(NoNewGroup, match="最多能买 3 件"):
        cast.lead(campaign, sku, cast.person(), quantity=4)
    cast.lead(campaign, sku, cast.person(), quantity=3)


def test_only_those_count_without_whom_a_group_fails():
    campaign, sku = cast.campaign_make(size=10, quota=3, ending="complete", least=2)
    cast.lead(campaign, sku, cast.person(), quantity=2)
    with pytest.raises(NoNewGroup):
        cast.lead(campaign, sku, cast.person())


def test_more_than_is_left_is_still_named_as_that():
    campaign, sku = cast.campaign_make(size=2, quota=2)
    with pytest.raises(QuotaGone, match="只剩 2 件"):
        cast.lead(campaign, sku, cast.person(), quantity=3)


def test_a_quota_that_fills_no_group_is_not_published():
    with pytest.raises(CampaignRefused, match="凑不满"):
        cast.campaign_make(size=3, quota=2)
    campaign, _sku = cast.campaign_make(size=3, quota=2, ending="complete", least=2)
    assert GroupCampaign.objects.get(pk=campaign.pk).state == "published"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "有人没付款让出来"),
        ({"ending": "complete", "least": 2}, "人数已够，到时成团"),
    ],
)
def test_a_group_whose_campaign_has_nothing_left_says_so(client, fields, words):
    campaign, sku = cast.campaign_make(size=3, quota=4, **fields)
    group, _ = cast.group_open(campaign, sku, quantity=2)
    ref = cast.join(group.public_id, sku, cast.person(), quantity=2).order_public_id
    if fields:
        cast.pay(ref)
    text = client.get(f"/g/{group.public_id}/").content.decode()
    assert "活动库存已占满" in text and words in text
    assert "还差 1 人成团" not in text
    assert reverse("groupbuy:join", args=[group.public_id]) not in text
