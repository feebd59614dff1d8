"""Whoever may not join is told where else to go, and what is offered there can be had."""

import pytest
from django.urls import reverse

from accounts.models import Address
from campaigns.groupbuy.models import GroupCampaign
from campaigns.groupbuy.services import campaign_end
from catalog.services import product_withdraw, stock_correct
from core import clock
from core.idempotency import form_key_new
from core.public_pages import public_pages_forget
from stores.models import Store
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_pages():
    public_pages_forget()


@pytest.fixture
def bob():
    return cast.person("Bob")


@pytest.fixture
def newcomers(client, bob):
    """A group for newcomers, and Bob, who is none."""
    campaign, sku = cast.campaign_make(size=3, newcomers_only=True)
    group, _ = cast.group_open(campaign, sku)
    cast.pay(cast.buy(bob, sku))
    cast.deliver()
    client.force_login(bob.user)
    return campaign, sku, group


def join_page(client, group, *, status=409):
    answer = client.get(reverse("groupbuy:join", args=[group.public_id]))
    assert answer.status_code == status
    return answer.content.decode()


def to_lead(sku):
    return reverse("groupbuy:lead", args=[sku.product.public_id])


def to_product(sku):
    return f'href="{reverse("storefront:product", args=[sku.product.public_id])}">返回商品页'


def test_an_old_customer_is_shown_the_way_to_lead(client, newcomers):
    _campaign, sku, group = newcomers
    text = join_page(client, group)
    assert "留给没有在本店买过的新朋友" in text and "你可以自己开一个团" in text
    assert f'href="{to_lead(sku)}"' in text
    assert client.get(to_lead(sku)).status_code == 200


def test_the_form_that_comes_too_late_shows_it_too(client, newcomers, bob):
    _campaign, sku, group = newcomers
    form = {
        "sku": sku.public_id,
        "quantity": "1",
        "address": Address.objects.get(user=bob.user).public_id,
        "note": "",
        "shown_fen": str(cast.GROUP_FEN + cast.FREIGHT_FEN),
        "form_key": form_key_new(),
    }
    answer = client.post(reverse("groupbuy:join", args=[group.public_id]), form)
    assert answer.status_code == 409
    assert f'href="{to_lead(sku)}"' in answer.content.decode()


def ends(campaign, sku):
    campaign_end(campaign_id=campaign.pk, now=clock.now())


def fills_up(campaign, sku):
    GroupCampaign.objects.filter(pk=campaign.pk).update(quota=3)


def sells_out(campaign, sku):
    sku.refresh_from_db()
    stock_correct(sku_id=sku.pk, on_hand=sku.reserved, reason="盘点", by_id=None, now=clock.now())


def is_withdrawn(campaign, sku):
    product_withdraw(product_id=sku.product_id, now=clock.now())


def rests(campaign, sku):
    Store.objects.filter(pk=sku.store_id).update(is_open=False)


@pytest.mark.parametrize("happens", [ends, fills_up, sells_out, is_withdrawn, rests])
def test_where_none_can_be_led_an_old_customer_goes_back_to_the_goods(client, newcomers, happens):
    campaign, sku, group = newcomers
    happens(campaign, sku)
    text = join_page(client, group)
    assert "留给没有在本店买过的新朋友" in text and "自己开一个团" not in text
    assert to_lead(sku) not in text
    assert to_product(sku) in text


def test_who_leads_already_is_not_sent_to_lead(client, newcomers, bob):
    campaign, sku, group = newcomers
    mine = cast.lead(campaign, sku, bob)
    text = join_page(client, group)
    assert reverse("groupbuy:group", args=[mine.group_public_id]) in text
    assert to_lead(sku) not in text


def test_who_holds_another_newcomers_seat_is_led_to_its_order(client, bob):
    campaign, sku = cast.campaign_make(size=3, newcomers_only=True)
    group, _ = cast.group_open(campaign, sku)
    other, other_sku = cast.campaign_make(size=3, newcomers_only=True, store=sku.store)
    second, _ = cast.group_open(other, other_sku)
    ref = cast.join(group.public_id, sku, bob).order_public_id
    client.force_login(bob.user)
    text = join_page(client, second)
    assert "一次只能占一个" in text
    assert f'href="{reverse("orders:detail", args=[ref])}"' in text
    assert "去付款" in client.get(reverse("orders:detail", args=[ref])).content.decode()


def alone(sku):
    return f"{reverse('orders:checkout')}?sku={sku.public_id}"


def test_buying_alone_is_offered_where_the_goods_can_be_had_alone(client, bob):
    campaign, sku = cast.campaign_make(size=3, quota=3)
    group, _ = cast.group_open(campaign, sku)
    GroupCampaign.objects.update(quota=1)
    client.force_login(bob.user)
    assert alone(sku) in join_page(client, group)
    is_withdrawn(campaign, sku)
    text = join_page(client, group)
    assert alone(sku) not in text and to_product(sku) in text
