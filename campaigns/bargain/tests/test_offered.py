"""A bargain is offered while the launch would keep a piece, and a purchase while there is one: the
pages say why not."""

from datetime import timedelta

import pytest
from django.urls import reverse

from campaigns.bargain import services
from campaigns.bargain.models import BargainCampaign
from campaigns.bargain.queries import bargain_board, bargain_mine, bargains_for_product
from campaigns.bargain.tests.factories import (
    FLOOR_FEN,
    buy,
    campaign_make,
    give,
    launch,
    overdue,
    reached,
)
from campaigns.bargain.tests.pages import HTMX, page, path_of
from catalog.models import Product, Sku
from core import clock
from stores.models import Store
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def sold_out(campaign):
    sku = Sku.objects.get(pk=campaign.sku_id)
    Sku.objects.filter(pk=sku.pk).update(on_hand=sku.reserved)


def removed(campaign):
    Sku.objects.filter(pk=campaign.sku_id).update(removed_at=clock.now())


def withdrawn(campaign):
    Product.objects.filter(pk=campaign.sku.product_id).update(state="withdrawn")


def lapsed(campaign):
    Product.objects.filter(pk=campaign.sku.product_id).update(on_sale_until=clock.now())


def resting(campaign):
    Store.objects.filter(pk=campaign.store_id).update(is_open=False)


def cheaper(campaign):
    """The list price fell so far that there is no fen for each helper."""
    Sku.objects.filter(pk=campaign.sku_id).update(price_fen=FLOOR_FEN + 3)


def quota_gone(campaign):
    BargainCampaign.objects.filter(pk=campaign.pk).update(quota=1, quota_used=1)


def over(campaign):
    BargainCampaign.objects.filter(pk=campaign.pk).update(ends_at=clock.now())


def not_yet(campaign):
    BargainCampaign.objects.filter(pk=campaign.pk).update(
        starts_at=clock.now() + timedelta(hours=1)
    )


WHY_NOT = {
    sold_out: (services.NothingLeft, "没有可留的库存"),
    removed: (services.NotOnSale, "已下架"),
    withdrawn: (services.NotOnSale, "已下架"),
    lapsed: (services.NotOnSale, "已下架"),
    resting: (services.StoreResting, "店铺正在休息"),
    cheaper: (services.CampaignOver, "没有在进行"),
    quota_gone: (services.QuotaGone, "名额已经占满"),
    over: (services.CampaignOver, "没有在进行"),
    not_yet: (services.CampaignOver, "没有在进行"),
}


@pytest.fixture
def campaign():
    """A campaign of one SKU of a product that has another to be had."""
    made = campaign_make(on_hand=5)
    sku = made.sku
    Sku.objects.create(store=sku.store, product=sku.product, name="1kg", price_fen=9900, on_hand=5)
    return made


@pytest.fixture
def bargain(campaign, alice):
    return launch(campaign, alice)


def to_launch(campaign):
    return reverse("bargain:launch", args=[campaign.public_id])


def product_path(campaign):
    return reverse("storefront:product", args=[campaign.sku.product.public_id])


def test_what_can_be_launched_is_offered(client, campaign, bargain):
    for path in (path_of(bargain), product_path(campaign)):
        text = page(client, path)
        assert to_launch(campaign) in text and "现在不能再发起新的砍价" not in text, path
    helper = cast.person()
    give(bargain, helper)
    client.force_login(helper.user)
    text = page(client, path_of(bargain, "mine/"), headers=HTMX)
    assert to_launch(campaign) in text


@pytest.mark.parametrize("happens", WHY_NOT)
def test_what_cannot_be_launched_is_not_and_the_page_says_why(client, campaign, bargain, happens):
    refusal, said = WHY_NOT[happens]
    helper = cast.person()
    give(bargain, helper)
    happens(campaign)
    text = page(client, path_of(bargain))
    assert to_launch(campaign) not in text and "我也发起砍价" not in text
    assert "现在不能再发起新的砍价" in text and said in text
    now = clock.now()
    assert bargains_for_product(campaign.sku.product_id, in_wechat=False, now=now) == ()
    assert to_launch(campaign) not in page(client, product_path(campaign))
    client.force_login(helper.user)
    assert to_launch(campaign) not in page(client, path_of(bargain, "mine/"), headers=HTMX)
    # The form says the same, and so does the act.
    assert said in page(client, to_launch(campaign))
    who = cast.person()
    assert isinstance(services.launch_refusal(campaign.pk, who.id, now=now), refusal)
    with pytest.raises(refusal):
        launch(campaign, who)


def test_the_price_alone_is_offered_while_it_can_be_paid(client, campaign, bargain):
    link = f'href="{product_path(campaign)}"><span class="bottom-bar__price">'
    assert link in page(client, path_of(bargain))
    for happens in (quota_gone, over):
        happens(campaign)
        assert link in page(client, path_of(bargain))
    withdrawn(campaign)
    assert link not in page(client, path_of(bargain))


# --- the launcher ---
def mine_of(client, alice, bargain):
    client.force_login(alice.user)
    return page(client, path_of(bargain, "mine/"), headers=HTMX)


def to_buy(bargain):
    return reverse("bargain:buy", args=[bargain.public_id])


@pytest.mark.parametrize("happens", [sold_out, withdrawn, lapsed])
def test_the_kept_piece_is_bought_whatever_becomes_of_the_others(
    client, campaign, bargain, alice, happens
):
    happens(campaign)
    assert to_buy(bargain) in mine_of(client, alice, bargain)
    assert client.get(to_buy(bargain)).status_code == 200
    assert buy(bargain, alice)


@pytest.mark.parametrize(
    ("happens", "said"), [(resting, "店铺正在休息，暂时不能购买"), (removed, "这个规格已经停售")]
)
@pytest.mark.parametrize("make", [launch, reached])
def test_what_its_launcher_cannot_buy_is_not_offered(client, campaign, alice, make, happens, said):
    bargain = make(campaign, alice)
    assert to_buy(bargain) in mine_of(client, alice, bargain)
    happens(campaign)
    text = mine_of(client, alice, bargain)
    assert to_buy(bargain) not in text and said in text
    assert client.get(to_buy(bargain)).status_code == 409
    mine = bargain_mine(bargain.public_id, alice.id, now=clock.now())
    assert (mine.can_buy, mine.why_not[:4]) == (False, said[:4])


def test_a_bargain_that_keeps_no_piece_waits_for_goods(client, campaign, bargain, alice):
    type(bargain).objects.update(reserved_as="")
    Sku.objects.filter(pk=campaign.sku_id).update(reserved=0, on_hand=0)
    text = mine_of(client, alice, bargain)
    assert "商品暂时售罄" in text and to_buy(bargain) not in text
    Sku.objects.filter(pk=campaign.sku_id).update(on_hand=1)
    assert to_buy(bargain) in mine_of(client, alice, bargain)


def test_a_stranger_is_not_led_to_the_piece_that_is_kept(client, campaign, bargain):
    client.force_login(cast.person().user)
    alone = f"{reverse('orders:checkout')}?sku={campaign.sku.public_id}"

    def refused():
        answer = client.get(to_buy(bargain))
        assert answer.status_code == 409
        return answer.content.decode()

    assert alone in refused()
    sold_out(campaign)
    assert bargain_board(bargain.public_id, now=clock.now()).keeps_piece
    assert alone not in refused()


def test_what_expired_is_sold_alone_while_there_is_any(client, campaign, bargain, alice):
    overdue(bargain)
    services.bargain_expire(bargain_id=bargain.pk, now=clock.now())
    assert "商品仍可直接购买" in mine_of(client, alice, bargain)
    sold_out(campaign)
    text = mine_of(client, alice, bargain)
    assert "价格已作废" in text and "仍可直接购买" not in text
