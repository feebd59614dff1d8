"""What a merchant reads before a group-buy is published: margin, stock, and what may go back."""

import pytest
from django.urls import reverse

from campaigns.groupbuy.models import GroupPrice
from campaigns.groupbuy.services import campaign_outlook
from campaigns.groupbuy.tests.test_endings import laddered
from catalog.models import Sku
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


def office_page(client, campaign):
    client.force_login(staff_make(campaign.store).user)
    path = reverse("admin:groupbuy_groupcampaign_change", args=[campaign.pk])
    return client.get(path).content.decode()


def costs(sku, fen):
    Sku.objects.filter(pk=sku.pk).update(cost_fen=fen)


def test_the_page_says_margin_stock_and_every_refund(client):
    campaign, sku = laddered(publish=False, leader_fen=4500, quota=10, on_hand=8)
    costs(sku, 3000)
    text = office_page(client, campaign)
    for said in (
        "预计毛利",
        "每件 7.00～19.00 元，全部售出 70.00～190.00 元",
        "备货",
        "名额 10 件，可售库存 8 件，还需备货 2 件",
        "退款敞口",
        f"如果全部不成团，最多退 {10 * (cast.GROUP_FEN + cast.FREIGHT_FEN) // 100}.00 元（含运费）",
        "如果都成到最高一级阶梯，退差价 80.00 元",
        "最低成交价 37.00 元",
    ):
        assert said in text, said


def test_without_a_cost_the_sales_are_said_and_without_a_ladder_no_difference(client):
    campaign, _sku = cast.campaign_make(publish=False, quota=10)
    text = office_page(client, campaign)
    assert "没有填成本价，毛利算不出来；全部售出的货款 490.00 元" in text
    assert "够。" in text
    assert "差价" not in text.split("退款敞口")[1].split("最低成交价")[0]


def test_what_has_no_cost_is_left_out_and_counted(client):
    campaign, sku = cast.campaign_make(publish=False, quota=10)
    other = Sku.objects.create(
        store=sku.store, product=sku.product, name="1kg", price_fen=9900, on_hand=5
    )
    GroupPrice.objects.create(
        store=sku.store, campaign=campaign, sku=other, price_fen=8000, leader_fen=None
    )
    costs(sku, 4000)
    text = office_page(client, campaign)
    assert "每件 9.00 元，全部售出 90.00 元" in text
    assert "有 1 个规格没有填成本价" in text
    found = campaign_outlook(campaign)
    assert found.margin_fen is None
    # Ten pieces between both, every one of them the dearer one in an order of its own.
    assert (found.quota, found.exposed_fen) == (10, 10 * (8000 + cast.FREIGHT_FEN))


def test_the_outlook_counts_with_a_list_price_that_fell_below():
    campaign, sku = laddered(leader_fen=4500, quota=10)
    Sku.objects.filter(pk=sku.pk).update(price_fen=4000, cost_fen=3000)
    (piece,) = campaign_outlook(campaign).pieces
    assert (piece.least_fen, piece.most_fen) == (4000 - 800, 4000)
    Sku.objects.filter(pk=sku.pk).update(price_fen=500)
    (piece,) = campaign_outlook(campaign).pieces
    assert (piece.least_fen, piece.most_fen) == (1, 500)
