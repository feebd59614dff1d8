"""Announcements for chat groups: true, short, by the rules, with the reader's own link."""

import re
from datetime import timedelta

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from campaigns.coupons.models import CouponTemplate
from campaigns.coupons.tests.factories import template_make
from campaigns.flash.tests.factories import offer_make
from campaigns.flash.tests.gone import GONE
from campaigns.groupbuy.models import GroupCampaign
from campaigns.groupbuy.tests.factories import campaign_make
from campaigns.reductions.tests.factories import reduction_make
from catalog.models import Product, Sku
from catalog.queries import product_page
from catalog.tests.factories import category_make, product_make, sku_make
from core import clock
from guard.rules import wording
from office.announcements import OFFERS_MAX, announcements, store_announcements
from sharing.models import ShareLink
from stores.models import Store, StoreStaff
from stores.tests.factories import staff_make, store_make
from tests import cast

pytestmark = pytest.mark.django_db

PAGE = "/office/announcements/"
LINK = "https://shop.example/p/pro_0123456789abcdefghjk/?s=0123456789ab"
LONGEST = 200


def texts(product, now=None):
    found = product_page(product.public_id)
    return {
        one.label: one.text
        for one in announcements(found, link=lambda *_: LINK, now=now or clock.now())
    }


def offers(store, now=None):
    """What the store's own text says, without its link; "" when there is none."""
    found = store_announcements(store.pk, link=lambda *_: LINK, now=now or clock.now())
    return "".join(one.text.removesuffix(f"\n{LINK}") for one in found)


def client_of(store, role=StoreStaff.Role.OWNER):
    client = Client()
    staff = staff_make(store, role=role)
    client.force_login(staff.user)
    return client, staff


def test_goods_say_what_they_cost_and_what_is_left():
    product = product_make(title="临县吊干红枣", subtitle="当年新枣", price_fen=1990, on_hand=12)
    assert texts(product) == {
        "商品公告": f"【好物】临县吊干红枣\n当年新枣\n19.90 元，现货 12 件\n{LINK}"
    }
    sku_make(product, price_fen=7900, on_hand=3)
    assert "19.90 元起，现货 15 件" in texts(product)["商品公告"]


def test_a_group_buy_says_both_prices_its_end_and_the_lesser_of_quota_and_stock():
    campaign, sku = campaign_make(size=3, quota=7, on_hand=100)
    text = texts(sku.product)["拼团公告"]
    assert "3 人拼团价 49.00 元，单独购买 59.00 元" in text
    assert "截止，还剩 7 件" in text
    sku.on_hand = 5
    sku.save()
    assert "还剩 5 件" in texts(sku.product)["拼团公告"]
    campaign.quota_used = 7
    campaign.save()
    assert "拼团公告" not in texts(sku.product)
    campaign.quota_used = 0
    campaign.save()
    assert "拼团公告" not in texts(sku.product, now=campaign.ends_at + timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
def test_a_flash_sale_says_its_slot_and_limit():
    offer = offer_make(quota=40)
    text = texts(offer.sku.product)["秒杀公告"]
    assert "秒杀价 39.00 元，单独购买 59.00 元" in text
    assert "还剩 40 件，每人限 2 件" in text
    assert re.search(r"\d+月\d+日 \d\d:\d\d 开始", text)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("fen", "said"),
    [(4500, "秒杀价 39.00 元，单独购买 45.00 元\n"), (3000, "秒杀价 30.00 元\n")],
)
def test_a_price_that_fell_since_is_what_a_flash_sale_is_compared_with(fen, said):
    offer = offer_make()
    Sku.objects.filter(pk=offer.sku_id).update(price_fen=fen)
    assert said in texts(offer.sku.product)["秒杀公告"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", GONE)
def test_a_flash_sale_without_a_piece_to_be_had_has_nothing_to_announce(name):
    offer = offer_make()
    sku_make(offer.sku.product, on_hand=3)
    happens, _said = GONE[name]
    happens(offer)
    assert "秒杀公告" not in texts(offer.sku.product)


@pytest.mark.django_db(transaction=True)
def test_a_flash_sale_says_the_lesser_of_quota_and_stock():
    offer = offer_make(quota=40, on_hand=7)
    assert "还剩 7 件" in texts(offer.sku.product)["秒杀公告"]


@pytest.mark.django_db(transaction=True)
def test_a_flash_sales_link_leads_to_its_own_page():
    offer = offer_make()
    client, staff = client_of(offer.store)
    text = client.get(f"{PAGE}?product={offer.sku.product.public_id}").content.decode()
    link = ShareLink.objects.get(target_kind="flash")
    assert (link.sharer_id, link.target_ref, link.channel) == (
        staff.user_id,
        offer.public_id,
        "notice",
    )
    assert f"/flash/{offer.public_id}/?s={link.token}" in text
    assert ShareLink.objects.get(target_kind="product").token in text


@pytest.mark.django_db(transaction=True)
def test_the_longest_of_them_are_short_and_the_rules_find_nothing():
    campaign, sku = campaign_make(size=3)
    flash = offer_make(sku=sku)
    sku_make(sku.product, price_fen=MAX_PRICE)
    sku.product.skus.update(name="规" * 30)
    Product.objects.update(title="临" * 60, subtitle="新" * 80)
    found = texts(sku.product)
    assert set(found) == {"拼团公告", "秒杀公告", "商品公告"}
    assert flash.campaign_id and campaign.pk
    for text in found.values():
        assert len(text) <= LONGEST, text
        assert wording({"公告": text}) == []
        assert not re.search("分享|转发|助力|邀请|帮我|领取", text)
        assert not re.search("[\U0001f300-\U0001faff]", text)


MAX_PRICE = 99_999_900


def test_what_the_merchant_wrote_against_the_rules_is_pointed_at():
    product = product_make(subtitle="转发朋友圈，到店领红包")
    (one,) = announcements(product_page(product.public_id), link=lambda *_: LINK, now=clock.now())
    assert "微信" in one.findings[0].rule
    client, _staff = client_of(product.store)
    text = client.get(f"{PAGE}?product={product.public_id}").content.decode()
    assert "请改掉这句话" in text


# --- what a store takes off ---
def test_coupons_and_reductions_say_what_comes_off_from_where_on_until_when_and_what_is_left():
    store = store_make(name="枣园")
    assert offers(store) == ""
    template_make(store, total=40)
    template_make(store, name="见面礼", how="newcomer", minimum_fen=0)
    reduction_make(store, (10000, 1000), (20000, 2500))
    reduction_make(store, name="红枣满减", scope="category", category=category_make(store))
    template_make(store_make(), name="别家的券")
    template_make(store, name="口令券", how="code")
    said = re.sub(r"\d+月\d+日 \d\d:\d\d", "到时", offers(store)).split("\n")
    assert said == [
        "【优惠】枣园",
        "尝鲜券：¥10，满 ¥50 可用，全店可用，到时 截止，还剩 40 张",
        "见面礼（新客礼）：¥10，无门槛，全店可用，到时 截止，还剩 100 张",
        "秋收满减：满 ¥100 减 ¥10，满 ¥200 减 ¥25，全店可用，到时 截止",
        "红枣满减：满 ¥100 减 ¥10，限“红枣”分类，到时 截止",
    ]
    assert wording({"公告": offers(store)}) == []
    assert not re.search("分享|转发|助力|邀请|帮我|领取", offers(store))


def test_what_is_gone_or_over_and_a_store_that_rests_have_nothing_to_announce():
    coupon = template_make(store_make(), total=40)
    reduction = reduction_make(coupon.store)
    assert "秋收满减" in offers(coupon.store) and "尝鲜券" in offers(coupon.store)
    CouponTemplate.objects.update(taken=40)
    assert "秋收满减" in offers(coupon.store) and "尝鲜券" not in offers(coupon.store)
    assert offers(coupon.store, now=reduction.ends_at + timedelta(seconds=1)) == ""
    Store.objects.update(is_open=False)
    assert offers(coupon.store) == ""


def test_the_soonest_to_end_are_announced_and_not_all_of_them():
    store, now = store_make(), clock.now()
    for days in range(OFFERS_MAX + 1, 0, -1):
        template_make(store, name=f"第{days}天", take_until=now + timedelta(days=days))
    assert re.findall(r"第\d天", offers(store)) == [f"第{n}天" for n in range(1, OFFERS_MAX + 1)]


def test_the_name_of_a_coupon_that_is_against_the_rules_is_pointed_at():
    store = store_make()
    template_make(store, name="分享三人免费领")
    (one,) = store_announcements(store.pk, link=lambda *_: LINK, now=clock.now())
    assert "微信" in one.findings[0].rule


def test_the_stores_text_leads_to_its_page_by_the_readers_own_link():
    store = store_make()
    client, staff = client_of(store)
    assert 'href="?offers=1"' in client.get(PAGE).content.decode()
    assert "现在没有能领的优惠券" in client.get(f"{PAGE}?offers=1").content.decode()
    assert not ShareLink.objects.exists()
    template_make(store)
    for _ in range(2):
        text = client.get(f"{PAGE}?offers=1").content.decode()
    link = ShareLink.objects.get()
    assert (link.sharer_id, link.channel) == (staff.user_id, "notice")
    assert (link.target_kind, link.target_ref) == ("store", store.slug)
    assert f"/store/{store.slug}/?s={link.token}" in text
    assert "尝鲜券" in text


def test_what_is_sold_out_has_nothing_to_announce():
    product = product_make(on_hand=0)
    assert texts(product) == {}
    client, _staff = client_of(product.store)
    assert "已经售罄" in client.get(f"{PAGE}?product={product.public_id}").content.decode()


def test_a_store_that_rests_has_nothing_to_announce():
    campaign, sku = campaign_make()
    assert texts(sku.product)
    client, _staff = client_of(sku.store)
    Store.objects.update(is_open=False)
    assert texts(sku.product) == {}
    text = client.get(f"{PAGE}?product={sku.product.public_id}").content.decode()
    assert "店铺正在休息" in text and "已经售罄" not in text
    assert "店铺正在休息" in client.get(PAGE).content.decode()
    assert campaign.pk


def test_a_group_buy_that_takes_nobody_is_not_announced():
    """What is left of its quota fills no other group, and none is open."""
    campaign, sku = campaign_make(size=3)
    GroupCampaign.objects.filter(pk=campaign.pk).update(quota=2)
    assert set(texts(sku.product)) == {"商品公告"}


@pytest.mark.parametrize("role", [StoreStaff.Role.OWNER, StoreStaff.Role.CLERK])
def test_the_link_is_the_readers_own_however_often_it_is_read(role):
    product = product_make()
    client, staff = client_of(product.store, role)
    for _ in range(2):
        text = client.get(f"{PAGE}?product={product.public_id}").content.decode()
    link = ShareLink.objects.get()
    assert (link.sharer_id, link.channel) == (staff.user_id, "notice")
    assert (link.target_kind, link.target_ref) == ("product", product.public_id)
    assert f"/p/{product.public_id}/?s={link.token}" in text


def test_the_text_can_be_copied_with_a_script_and_without():
    product = product_make()
    client, _staff = client_of(product.store)
    text = client.get(f"{PAGE}?product={product.public_id}").content.decode()
    assert re.search(r'<textarea id="text-product"[^>]* readonly>', text)
    assert re.search(r'<button[^>]* data-copy="text-product"[^>]* hidden>', text)
    assert "/static/js/copy.js" in text
    assert finders.find("js/copy.js")


def test_the_list_shows_the_own_goods_on_sale(django_assert_max_num_queries):
    store = store_make()
    shown, draft = product_make(store), product_make(store, published=False)
    foreign = product_make()
    campaign, sku = campaign_make(store=store)
    client, _staff = client_of(store)
    with django_assert_max_num_queries(10):
        text = client.get(PAGE).content.decode()
    assert shown.title in text
    assert sku.product.title in text
    assert text.count("拼团中") == 1
    assert draft.title not in text
    assert foreign.title not in text
    assert campaign.pk


@pytest.mark.parametrize("page", ["0", "x", "²", "999999999999"])
def test_a_page_that_is_none_is_the_first_or_empty(page):
    client, _staff = client_of(store_make())
    assert client.get(PAGE, {"page": page}).status_code == 200


def test_a_neighbours_product_a_draft_and_nonsense_are_not_here():
    store = store_make()
    client, _staff = client_of(store)
    for ref in (
        product_make().public_id,
        product_make(store, published=False).public_id,
        "pro_nothing",
        "x" * 500,
    ):
        assert client.get(PAGE, {"product": ref}).status_code == 404
    assert not ShareLink.objects.exists()


def test_only_staff_of_a_store_come_in():
    shopper, platform = Client(), Client()
    shopper.force_login(cast.person().user)
    staff = staff_make(store_make())
    staff.user.is_superuser = True
    staff.user.save()
    staff.delete()
    platform.force_login(staff.user)
    assert Client().get(PAGE).status_code == 302
    assert shopper.get(PAGE).status_code == 302
    assert platform.get(PAGE).status_code == 403
    assert PAGE not in platform.get("/office/").content.decode()
    client, _staff = client_of(store_make())
    assert PAGE in client.get("/office/").content.decode()
    assert client.post(PAGE).status_code == 405
