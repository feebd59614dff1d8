"""A flash offer as something to share: its page, its card that promises what is true, its poster, and
whom its link brings."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.tests.factories import user_make
from campaigns.flash.models import FlashOffer
from campaigns.flash.tests.factories import attempt, buy, coming, offer_make, over
from campaigns.flash.tests.gone import GONE
from catalog.models import Product, Sku
from core import clock
from core.public_pages import public_pages_forget
from sharing.models import Attribution, ShareLink, Visit
from sharing.pages import poster_read
from sharing.sources import sources
from sharing.spread import shared_pages
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

WECHAT = {"user-agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.49"}


@pytest.fixture(autouse=True)
def fresh_pages():
    cache.clear()
    public_pages_forget()


@pytest.fixture
def offer():
    return offer_make()


def path_of(offer, tail=""):
    return f"/flash/{offer.public_id}/{tail}"


def page(client, path, *, status=200, **headers):
    public_pages_forget()
    answer = client.get(path, headers=headers)
    assert answer.status_code == status, path
    text = answer.content.decode()
    assert "{#" not in text
    return text


def card_of(offer, **headers):
    return Client().get(path_of(offer, "mine/"), headers=headers).context["card"]


def link_of(client, offer, *, channel="friend"):
    ticket = client.get(path_of(offer, "mine/")).context["card"].ticket
    answer = client.post(
        "/share/", {"ticket": ticket, "channel": channel}, headers={"accept": "application/json"}
    )
    return answer.json()["link"]


# --- the page ---
def test_the_page_is_the_same_for_everyone_and_says_what_there_is(
    client, offer, django_assert_max_num_queries
):
    attempt(offer, cast.person("李梅"), quantity=2)
    with django_assert_max_num_queries(8):
        answer = client.get(path_of(offer))
    text = answer.content.decode()
    assert answer["Cache-Control"].startswith("public")
    for said in ("抢购中，还剩 48 件", "已抢 2 / 50 件", "每人限购 2 件", "5 分钟内付款"):
        assert said in text, said
    assert path_of(offer, "buy/") in text
    assert path_of(offer, "mine/") in text
    assert "李梅" not in text and "<form" not in text
    with django_assert_max_num_queries(0):
        client.get(path_of(offer))


def test_before_after_and_when_it_is_sold_out(client, offer):
    FlashOffer.objects.filter(pk=offer.pk).update(sold=50)
    text = page(client, path_of(offer))
    assert "已抢光" in text and path_of(offer, "buy/") not in text
    coming(offer)
    text = page(client, path_of(offer))
    assert "开抢" in text and path_of(offer, "remind/") in text
    assert path_of(offer, "buy/") not in text
    over(offer)
    text = page(client, path_of(offer))
    assert "这一场已经结束" in text and path_of(offer, "remind/") not in text
    draft = offer_make(publish=False)
    page(client, path_of(draft), status=404)
    page(client, path_of(draft, "mine/"), status=404)


def test_the_slots_the_product_and_the_reminder_lead_there(client, offer):
    link = f'href="{path_of(offer)}"'
    assert link in page(client, "/flash/")
    assert link in page(client, f"/p/{offer.sku.product.public_id}/")
    coming(offer)
    client.force_login(cast.person().user)
    assert link in page(client, path_of(offer, "remind/"))
    assert 'id="act"' not in page(client, path_of(offer, "mine/"))
    client.post(path_of(offer, "remind/"))
    text = page(client, path_of(offer, "mine/"))
    assert "已预约，开抢前 5 分钟提醒你一次" in text and 'id="act" hx-swap-oob="true"' in text


# --- the card ---
def test_the_card_promises_the_price_the_slot_and_the_pieces(offer):
    attempt(offer, cast.person(), quantity=2)
    card = card_of(offer)
    assert card.title == offer.sku.product.title
    assert card.link.endswith(path_of(offer))
    assert card.desc.startswith("秒杀价 39.00 元，") and card.desc.endswith(" 结束，还剩 48 件")
    target, title, desc, about = poster_read(card.poster)
    assert (target.kind, target.ref, title, desc) == (
        "flash",
        offer.public_id,
        card.title,
        card.desc,
    )
    assert (about.price_fen, about.list_fen, about.sku) == (3900, 5900, offer.sku.name)
    assert (about.quota, about.per_person) == (50, 2)
    coming(offer)
    assert card_of(offer).desc.endswith(" 开抢，共 48 件")


def test_what_is_not_there_is_not_promised(offer):
    """Neither more pieces than in stock, nor a price above the goods' own."""
    Sku.objects.filter(pk=offer.sku_id).update(on_hand=7, price_fen=3500)
    desc = card_of(offer).desc
    assert "秒杀价 35.00 元" in desc and "还剩 7 件" in desc


@pytest.mark.parametrize("name", GONE)
def test_without_a_piece_to_be_had_the_card_says_what_the_goods_are(offer, name):
    Product.objects.filter(pk=offer.sku.product_id).update(subtitle="晒足四十天")
    happens, _said = GONE[name]
    happens(offer)
    card = card_of(offer)
    assert (card.desc, card.poster) == ("晒足四十天", "")


def test_a_strict_shop_does_not_ask_inside_wechat(offer, settings):
    settings.WECHAT_SHARE_POLICY = "strict"
    assert not card_of(offer, **WECHAT).prompt
    assert card_of(offer).prompt


# --- the link ---
def test_one_link_for_each_person_offer_and_channel(offer):
    client = Client()
    client.force_login(user_make())
    link = link_of(client, offer)
    assert link_of(client, offer) == link != link_of(client, offer, channel="copy")
    made = ShareLink.objects.get(channel="friend")
    assert (made.target_kind, made.target_ref) == ("flash", offer.public_id)
    assert link.endswith(f"{path_of(offer)}?s={made.token}")


def test_who_comes_by_a_link_and_buys_was_brought(offer):
    alice, bob = user_make(nickname="Alice"), cast.person("Bob")
    sharer, friend = Client(), Client()
    sharer.force_login(alice)
    friend.force_login(bob.user)
    token = link_of(sharer, offer).rpartition("=")[2]
    friend.get(f"{path_of(offer, 'mine/')}?s={token}")
    assert Visit.objects.get().visitor == bob.user
    order = cast.order_of(buy(offer, bob))
    cast.deliver()
    row = Attribution.objects.get(order=order)
    assert (row.sharer, row.link.token, row.link.target_kind) == (alice, token, "flash")
    assert cast.pay(order.public_id)
    cast.deliver()
    source, alone = sources(offer.store_id, since=offer.campaign.published_at, now=clock.now())
    assert (source.label, source.people, source.orders) == ("秒杀页分享", 1, 1)
    assert (alone.label, alone.people, alone.orders) == ("直接打开", 1, 0)  # Alice
    # It is a page of its campaign, and none of the store's single ones.
    assert shared_pages(offer.store_id, since=offer.campaign.published_at) == ()
    assert cast.broken() == []


def test_robots_stay_away(client):
    assert "Disallow: /flash/fso_\n" in page(client, "/robots.txt")
