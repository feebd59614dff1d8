"""A campaign's quota: no group is begun that could not succeed, and pages say when all is taken."""

import pytest
from django.urls import reverse

from campaigns.groupbuy.joinable import acquainted_groups, open_groups
from campaigns.groupbuy.models import GroupCampaign, Member
from campaigns.groupbuy.pages import join_refusal, lead_refusal, terms_to_join
from campaigns.groupbuy.queries import (
    campaign_for_product,
    group_board,
    products_on_offer,
    shelf_offers,
)
from campaigns.groupbuy.services import CampaignRefused, NoNewGroup, QuotaGone, group_cancel
from core import clock
from core.public_pages import public_pages_forget
from orders.services import order_close_request
from sharing.services import ties_make
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


def numbers(campaign):
    campaign.refresh_from_db()
    return campaign.quota_used, campaign.quota_needed, campaign.quota_free


def test_nobody_leads_on_what_begun_groups_still_need(client):
    """Two groups of two have begun; two of the three pieces that are left are theirs."""
    campaign, sku = cast.campaign_make(size=2, quota=5)
    one, _ = cast.group_open(campaign, sku)
    now, product = clock.now(), sku.product
    assert campaign_for_product(product.pk, now=now).can_lead
    cast.lead(campaign, sku, cast.person())
    assert numbers(campaign) == (2, 2, 1)
    alice = cast.person("Alice")
    with pytest.raises(NoNewGroup, match="不够再成一个团"):
        cast.lead(campaign, sku, alice)
    assert isinstance(lead_refusal(campaign.pk, alice.id, now=now), NoNewGroup)
    assert not campaign_for_product(product.pk, now=now).can_lead
    assert not group_board(one.public_id, now=now).can_lead
    assert shelf_offers([product.pk], now=now) == {}
    assert products_on_offer(now=now, limit=1000) == []
    public_pages_forget()
    assert reverse("groupbuy:lead", args=[product.public_id]) not in (
        client.get(f"/p/{product.public_id}/").content.decode()
    )
    assert numbers(campaign) == (2, 2, 1)
    assert group_board(one.public_id, now=now).can_join
    cast.pay(cast.join(one.public_id, sku, cast.person()).order_public_id)
    assert numbers(campaign) == (3, 1, 1)
    assert cast.broken() == []


def test_a_group_that_is_over_frees_what_it_needed():
    campaign, sku = cast.campaign_make(size=3, quota=6)
    unpaid = cast.lead(campaign, sku, cast.person())
    group, _ = cast.group_open(campaign, sku)
    waiting = cast.join(group.public_id, sku, cast.person())
    assert numbers(campaign) == (3, 3, 0)
    order_close_request(order_id=cast.order_of(unpaid.order_public_id).pk, now=clock.now())
    assert numbers(campaign) == (2, 1, 3)
    order_close_request(order_id=cast.order_of(waiting.order_public_id).pk, now=clock.now())
    assert numbers(campaign) == (1, 2, 3)
    late = cast.join(group.public_id, sku, cast.person())
    group_cancel(group_id=group.pk, reason="断货", now=clock.now())
    assert numbers(campaign) == (1, 0, 5)  # the unpaid seat's piece comes back with its order
    cast.deliver()
    assert cast.member_of(late.order_public_id).state == "released"
    assert numbers(campaign) == (0, 0, 6)
    assert cast.broken() == []


def test_nobody_takes_more_than_one_of_what_others_need():
    campaign, sku = cast.campaign_make(size=2, quota=5)
    groups = [cast.group_open(campaign, sku)[0] for _ in range(2)]
    one, other = [group.public_id for group in groups]
    with pytest.raises(QuotaGone, match="只剩 2 件"):
        cast.join(one, sku, cast.person(), quantity=3)
    cast.join(one, sku, cast.person(), quantity=2)
    assert numbers(campaign) == (4, 1, 0)
    with pytest.raises(QuotaGone, match="只剩 1 件"):
        cast.join(other, sku, cast.person(), quantity=2)
    cast.join(other, sku, cast.person())
    assert numbers(campaign) == (5, 0, 0)
    assert cast.broken() == []


def test_whom_a_group_does_not_need_takes_nothing_that_another_needs(client):
    campaign, sku = cast.campaign_make(size=3, quota=5, ending="complete", least=2)
    full, _ = cast.group_open(campaign, sku)
    cast.pay(cast.join(full.public_id, sku, cast.person()).order_public_id)
    needy, _ = cast.group_open(campaign, sku, quantity=2)
    assert numbers(campaign) == (4, 1, 0)
    now, bob = clock.now(), cast.person("Bob")
    with pytest.raises(QuotaGone, match="名额已用完"):
        cast.join(full.public_id, sku, bob)
    assert isinstance(join_refusal(terms_to_join(full.public_id), bob.id, now=now), QuotaGone)
    board = group_board(full.public_id, now=now)
    assert (board.can_join, board.is_quota_gone) == (False, True)
    assert join_refusal(terms_to_join(needy.public_id), bob.id, now=now) is None
    assert group_board(needy.public_id, now=now).can_join
    assert [one.public_id for one in open_groups(campaign.pk, now=now)] == [needy.public_id]
    for group, leads_to in ((full, needy), (needy, needy)):
        again = client.get(reverse("groupbuy:again", args=[group.public_id]))
        assert again["Location"] == reverse("groupbuy:join", args=[leads_to.public_id])
    ties_make(people=[full.leader_id, needy.leader_id, bob.id], kind="bargain", now=now)
    Member.objects.update(shows_profile=True)
    acquainted = acquainted_groups(sku.product_id, bob.id, now=now)
    assert [one.public_id for one in acquainted] == [needy.public_id]
    cast.join(needy.public_id, sku, bob)
    assert cast.broken() == []


def test_a_piece_that_a_group_waits_for_is_given_where_too_much_was_promised_before():
    """A campaign of before anything was kept: two groups need two pieces, one is left."""
    campaign, sku = cast.campaign_make(size=2, quota=5)
    groups = [cast.group_open(campaign, sku)[0] for _ in range(2)]
    GroupCampaign.objects.update(quota=3)
    with pytest.raises(QuotaGone, match="只剩 1 件"):
        cast.join(groups[0].public_id, sku, cast.person(), quantity=2)
    cast.join(groups[0].public_id, sku, cast.person())
    assert numbers(campaign) == (3, 1, -1)
    assert group_board(groups[1].public_id, now=clock.now()).is_quota_gone


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
    campaign, sku = cast.campaign_make(size=3, quota=5, **fields)
    group, _ = cast.group_open(campaign, sku, quantity=2)
    ref = cast.join(group.public_id, sku, cast.person(), quantity=2).order_public_id
    GroupCampaign.objects.update(quota=4)
    if fields:
        cast.pay(ref)
    text = client.get(f"/g/{group.public_id}/").content.decode()
    assert "活动库存已占满" in text and words in text
    assert "还差 1 人成团" not in text
    assert reverse("groupbuy:join", args=[group.public_id]) not in text
