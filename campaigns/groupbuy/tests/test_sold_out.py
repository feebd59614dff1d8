"""A campaign whose goods are sold out invites nobody, while its product may have other SKUs left."""

import pytest
from django.urls import reverse

from campaigns.groupbuy.joinable import acquainted_groups, open_groups
from campaigns.groupbuy.models import GroupPrice
from campaigns.groupbuy.queries import (
    campaign_for_product,
    group_board,
    products_on_offer,
    shelf_offers,
)
from campaigns.groupbuy.services import campaign_publish
from catalog.models import Sku
from catalog.services import sku_remove, stock_correct, stock_restock
from core import clock
from core.public_pages import public_pages_forget
from sharing.services import ties_make
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_pages():
    public_pages_forget()


def campaign_of(*, others=False, **fields):
    """A campaign of one SKU of a product that has another, or of both; and a group of it."""
    campaign, sku = cast.campaign_make(size=3, publish=False, **fields)
    other = Sku.objects.create(store=sku.store, product=sku.product, name="1kg", price_fen=9900)
    restock(other, 5)
    if others:
        GroupPrice.objects.create(store=sku.store, campaign=campaign, sku=other, price_fen=8000)
    campaign_publish(campaign_id=campaign.pk, now=clock.now())
    group, _ = cast.group_open(campaign, sku, cast.person("李梅"), shows_profile=True)
    return campaign, sku, other, group


def restock(sku, quantity):
    stock_restock(sku_id=sku.pk, quantity=quantity, reason="到货", by_id=None, now=clock.now())


def sell_out(sku):
    sku.refresh_from_db()
    left = {"on_hand": sku.reserved, "reason": "盘点", "by_id": None}
    stock_correct(sku_id=sku.pk, now=clock.now(), **left)
    public_pages_forget()


def page_of(client, group):
    public_pages_forget()
    return client.get(f"/g/{group.public_id}/").content.decode()


def ways_in(campaign, sku, group):
    return {
        reverse("groupbuy:join", args=[group.public_id]),
        reverse("groupbuy:lead", args=[sku.product.public_id]),
    }


def test_the_page_says_so_and_leads_to_no_form(client):
    campaign, sku, _other, group = campaign_of()
    text = page_of(client, group)
    assert reverse("groupbuy:join", args=[group.public_id]) in text and "售罄" not in text
    sell_out(sku)
    text = page_of(client, group)
    assert "商品暂时售罄" in text and "商家补了货" in text
    assert not any(path in text for path in ways_in(campaign, sku, group))
    assert "你可以自己发起一个" not in text
    mine = client.get(f"/g/{group.public_id}/mine/")
    assert "还有名额" not in mine.content.decode()
    assert mine.context["card"].poster == ""
    restock(sku, 1)
    text = page_of(client, group)
    assert "售罄" not in text and reverse("groupbuy:join", args=[group.public_id]) in text


def test_a_group_with_enough_people_ends_well_without_goods_for_more(client):
    _campaign, sku, _other, group = campaign_of(ending="complete", least=2)
    cast.pay(cast.join(group.public_id, sku, cast.person()).order_public_id)
    sell_out(sku)
    text = page_of(client, group)
    assert "商品暂时售罄" in text and "这个团人数已够，到时成团" in text


def test_any_sku_of_the_campaign_will_do():
    campaign, sku, other, group = campaign_of(others=True)
    sell_out(sku)
    assert group_board(group.public_id, now=clock.now()).can_join
    assert len(open_groups(campaign.pk, now=clock.now())) == 1
    sku_remove(sku_id=other.pk, now=clock.now())
    assert not group_board(group.public_id, now=clock.now()).can_join
    assert open_groups(campaign.pk, now=clock.now()) == ()


def test_groups_without_goods_are_not_offered_elsewhere(client):
    campaign, sku, _other, group = campaign_of()
    second, _ = cast.group_open(campaign, sku)
    reader = cast.person("Bob")
    leader_id = group.leader_id
    ties_make(people=[leader_id, reader.id], kind="bargain", now=clock.now())
    unopened = cast.lead(campaign, sku, cast.person()).group_public_id
    assert second.public_id in page_of(client, group)
    assert len(acquainted_groups(sku.product_id, reader.id, now=clock.now())) == 1
    sell_out(sku)
    assert second.public_id not in page_of(client, group)
    assert open_groups(campaign.pk, now=clock.now()) == ()
    assert acquainted_groups(sku.product_id, reader.id, now=clock.now()) == ()
    text = client.get(f"/g/{unopened}/").content.decode()
    assert not any(path in text for path in ways_in(campaign, sku, group))
    again = client.get(f"/g/{group.public_id}/again/")["Location"]
    assert again == f"/g/{group.public_id}/"


def test_the_products_page_offers_no_group_that_nobody_could_pay_for(client):
    _campaign, sku, _other, _group = campaign_of()
    path, to_lead = (
        f"/p/{sku.product.public_id}/",
        reverse("groupbuy:lead", args=[sku.product.public_id]),
    )
    now = clock.now()
    assert to_lead in client.get(path).content.decode()
    sell_out(sku)
    text = client.get(path).content.decode()
    assert to_lead not in text
    assert "拼团的规格都已售罄" in text and "库存已占满" not in text
    assert "单独购买" in text
    offer = campaign_for_product(sku.product_id, now=now)
    assert (offer.in_stock, offer.can_lead) == (False, False)
    assert shelf_offers([sku.product_id], now=now) == {}
    assert products_on_offer(now=now) == []
    restock(sku, 1)
    public_pages_forget()
    assert to_lead in client.get(path).content.decode()
    assert products_on_offer(now=now) == [sku.product_id]


def test_a_shelf_says_the_price_of_what_can_be_had():
    _campaign, sku, other, _group = campaign_of(others=True)
    now = clock.now()
    assert shelf_offers([sku.product_id], now=now)[sku.product_id].from_fen == cast.GROUP_FEN
    sell_out(sku)
    assert shelf_offers([sku.product_id], now=now)[sku.product_id].from_fen == 8000
    sell_out(other)
    assert shelf_offers([sku.product_id], now=now) == {}
