"""The groups of a store that rests, and of goods that were withdrawn: they invite as far as one may
come in."""

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
from catalog.models import Product, Sku
from catalog.services import product_withdraw, sku_remove, stock_restock
from core import clock
from core.public_pages import public_pages_forget
from sharing.services import ties_make
from stores.models import Store
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_pages():
    public_pages_forget()


@pytest.fixture
def made():
    campaign, sku = cast.campaign_make(size=3)
    group, _ = cast.group_open(campaign, sku, cast.person("李梅"), shows_profile=True)
    return campaign, sku, group


def rest(sku, *, is_open=False):
    Store.objects.filter(pk=sku.store_id).update(is_open=is_open)
    public_pages_forget()


def page_of(client, path):
    public_pages_forget()
    return client.get(path).content.decode()


def ways_in(sku, group):
    return (
        reverse("groupbuy:join", args=[group.public_id]),
        reverse("groupbuy:lead", args=[sku.product.public_id]),
    )


def test_the_page_of_a_resting_stores_group_says_so_and_invites_nobody(client, made):
    _campaign, sku, group = made
    path = f"/g/{group.public_id}/"
    mine = client.get(f"{path}mine/")
    assert "叫朋友一起拼" in mine.content.decode() and mine.context["card"].poster
    rest(sku)
    text = page_of(client, path)
    assert "店铺正在休息，暂时不能加入" in text and "恢复营业后，截止前就又可以参加" in text
    assert "还差 2 人" not in text
    assert not any(way in text for way in ways_in(sku, group))
    mine = client.get(f"{path}mine/")
    said = mine.content.decode()
    assert "还有名额" not in said and "叫朋友一起拼" not in said
    card = mine.context["card"]
    assert card.poster == "" and "还差" not in card.desc
    rest(sku, is_open=True)
    text = page_of(client, path)
    assert "正在休息" not in text and ways_in(sku, group)[0] in text


def test_a_resting_stores_group_with_enough_people_ends_well(client):
    campaign, sku = cast.campaign_make(size=3, ending="complete", least=2)
    group, _ = cast.group_open(campaign, sku)
    cast.pay(cast.join(group.public_id, sku, cast.person()).order_public_id)
    rest(sku)
    assert "这个团人数已够，到时成团" in page_of(client, f"/g/{group.public_id}/")


def test_what_a_group_lacks_besides_is_not_said_of_a_resting_store(made):
    campaign, sku, group = made
    type(campaign).objects.update(quota=1)
    rest(sku)
    board = group_board(group.public_id, now=clock.now())
    assert (board.is_resting, board.is_quota_gone, board.is_sold_out) == (True, False, False)


def test_a_full_group_says_that_it_is_full_whoever_rests(client, made):
    _campaign, sku, group = made
    for who in cast.people(2):
        cast.join(group.public_id, sku, who)
    rest(sku)
    assert "名额已占满，等待付款" in page_of(client, f"/g/{group.public_id}/")


def test_a_resting_stores_groups_are_not_offered_elsewhere(client, made):
    campaign, sku, group = made
    second, _ = cast.group_open(campaign, sku)
    unopened = cast.lead(campaign, sku, cast.person()).group_public_id
    reader, now = cast.person("Bob"), clock.now()
    ties_make(people=[group.leader_id, reader.id], kind="bargain", now=now)
    assert second.public_id in page_of(client, f"/g/{group.public_id}/")
    assert len(acquainted_groups(sku.product_id, reader.id, now=now)) == 1
    assert products_on_offer(now=now) == [sku.product_id]
    rest(sku)
    assert second.public_id not in page_of(client, f"/g/{group.public_id}/")
    assert open_groups(campaign.pk, now=now) == ()
    assert acquainted_groups(sku.product_id, reader.id, now=now) == ()
    assert products_on_offer(now=now) == []
    assert shelf_offers([sku.product_id], now=now) == {}
    text = page_of(client, f"/g/{unopened}/")
    assert not any(way in text for way in ways_in(sku, group))
    assert client.get(f"/g/{group.public_id}/again/")["Location"] == f"/g/{group.public_id}/"


def test_a_resting_stores_product_offers_no_group(client, made):
    _campaign, sku, group = made
    path = f"/p/{sku.product.public_id}/"
    assert group.public_id in page_of(client, path)
    rest(sku)
    text = page_of(client, path)
    assert "店铺正在休息，暂时不能开团和参团" in text and "拼团的规格都已售罄" not in text
    assert group.public_id not in text and ways_in(sku, group)[1] not in text
    assert not campaign_for_product(sku.product_id, now=clock.now()).can_lead


def withdrawn(sku):
    product_withdraw(product_id=sku.product_id, now=clock.now())


def lapsed(sku):
    Product.objects.filter(pk=sku.product_id).update(on_sale_until=clock.now())


@pytest.mark.parametrize("happens", [withdrawn, lapsed])
def test_goods_off_sale_are_joined_for_and_not_led_for(client, made, happens):
    _campaign, sku, group = made
    happens(sku)
    to_join, to_lead = ways_in(sku, group)
    text = page_of(client, f"/g/{group.public_id}/")
    assert to_join in text and to_lead not in text
    text = page_of(client, f"/p/{sku.product.public_id}/")
    assert "商品没有在售，不能再开新团；还有名额的团可以参加" in text
    assert group.public_id in text and to_lead not in text
    assert products_on_offer(now=clock.now()) == []
    client.force_login(cast.person().user)
    assert client.get(to_join).status_code == 200
    refused = client.get(to_lead)
    assert refused.status_code == 409
    assert "已下架" in refused.content.decode()


def test_every_sku_of_withdrawn_goods_may_be_joined_for_but_those_that_are_gone(client):
    campaign, sku = cast.campaign_make(size=3, publish=False)
    other, gone = (
        Sku.objects.create(store=sku.store, product=sku.product, name=name, price_fen=9900)
        for name in ("1kg", "2kg")
    )
    for one in (other, gone):
        GroupPrice.objects.create(store=sku.store, campaign=campaign, sku=one, price_fen=8000)
        stock_restock(sku_id=one.pk, quantity=5, reason="到货", by_id=None, now=clock.now())
    campaign_publish(campaign_id=campaign.pk, now=clock.now())
    group, _ = cast.group_open(campaign, sku)
    sku_remove(sku_id=gone.pk, now=clock.now())
    withdrawn(sku)
    client.force_login(cast.person().user)
    choices = client.get(ways_in(sku, group)[0]).context["page"].wares.choices
    buyable = {choice.sku.public_id: choice.buyable for choice in choices}
    assert buyable == {sku.public_id: True, other.public_id: True, gone.public_id: False}
    cast.join(group.public_id, other, cast.person())
