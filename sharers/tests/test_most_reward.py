"""What a sharer may get is named beside a campaign's expected margin, which does not count it."""

import pytest
from django.urls import reverse

from campaigns.bargain.tests.factories import campaign_make as bargain_make
from campaigns.flash.tests.factories import offer_make
from campaigns.groupbuy.tests.factories import campaign_make as group_make
from guard.outlook import uncounted
from sharers.models import SkuRate
from sharers.queries import most_reward
from sharers.tests.factories import plan_make
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db

REWARD = "毛利没有扣除分享员的奖励；分享员带来的订单，最多再扣货款的 5%。"
COUPONS = "毛利没有扣除优惠券"


def made(kind):
    """A draft of a kind, and the page where it is looked at."""
    if kind == "flash":
        return offer_make(publish=False).campaign, "flash_flashcampaign"
    if kind == "bargain":
        return bargain_make(publish=False), "bargain_bargaincampaign"
    return group_make(publish=False)[0], "groupbuy_groupcampaign"


@pytest.mark.parametrize("kind", ["flash", "bargain", "group"])
def test_a_campaign_names_what_its_margin_does_not_count(client, kind):
    campaign, page = made(kind)
    client.force_login(staff_make(campaign.store).user)
    address = reverse(f"admin:{page}_change", args=[campaign.pk])
    text = client.get(address).content.decode()
    assert "毛利没有扣除" not in text
    plan_make(campaign.store)
    campaign.takes_coupons = True
    campaign.save()
    text = client.get(address).content.decode()
    assert REWARD in text and COUPONS in text


def test_the_most_that_any_of_the_goods_earns_is_named():
    first = cast.sku_on_sale()
    second, third = cast.sku_on_sale(first.store), cast.sku_on_sale(first.store)
    ids = [first.pk, second.pk]
    assert most_reward(first.store_id, ids) == ""
    plan = plan_make(first.store)
    SkuRate.objects.create(store=first.store, sku=second, rate_bp=1250)
    SkuRate.objects.create(store=first.store, sku=third, fixed_fen=200)
    assert most_reward(first.store_id, ids) == "货款的 12.5%"
    assert most_reward(first.store_id, [first.pk, third.pk]) == "货款的 5%或每件 2.00 元"
    assert most_reward(first.store_id, [third.pk]) == "每件 2.00 元"
    SkuRate.objects.filter(sku=third).update(rate_bp=0, fixed_fen=None)
    assert most_reward(first.store_id, [third.pk]) == ""
    plan.pays_rewards = False
    plan.save()
    assert most_reward(first.store_id, ids) == ""


def test_nothing_to_name_is_no_note():
    assert uncounted() == []
