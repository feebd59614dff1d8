"""Public pages: the same for everyone, few queries, and a clear answer to every address."""

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Category
from catalog.services import product_withdraw
from catalog.tests.factories import product_make
from community.tests.factories import code_make, entry_make
from core import clock
from core.public_pages import public_pages_forget
from sharers.tests.factories import plan_make, sharer_make
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def goods():
    store = cast.store_open()
    campaign, sku = cast.campaign_make(store=store)
    return store, campaign, sku


def product_path(sku):
    return f"/p/{sku.product.public_id}/"


def test_home_shows_group_buys_and_stores(client, goods, django_assert_max_num_queries):
    store, _, sku = goods
    with django_assert_max_num_queries(10):
        page = client.get("/")
    text = page.content.decode()
    assert sku.product.title in text
    assert store.name in text
    assert "49<small>.00" in text


def test_more_stores_cost_no_more_queries(client, goods, django_assert_num_queries):
    with CaptureQueriesContext(connection) as alone:
        client.get("/")
    for _ in range(5):
        cast.sku_on_sale(cast.store_open())
    public_pages_forget()
    with django_assert_num_queries(len(alone)):
        text = client.get("/").content.decode()
    assert text.count("store-strip__name") == 6


def test_home_shows_all_stores_page_by_page(client, goods):
    slugs = [cast.sku_on_sale(cast.store_open()).store.slug for _ in range(9)]
    names = [f'href="/store/{slug}/"' for slug in slugs]
    first, second = (client.get("/", {"page": page}).content.decode() for page in (1, 2))
    assert [name in second for name in names[-2:]] == [True, True]
    assert names[-1] not in first
    assert 'href="?page=2"' in first
    assert 'href="?page=1"' in second
    assert "拼团" not in second.split("<main")[1].split("store-strip")[0]
    assert "后面没有更多店铺了" in client.get("/", {"page": 9}).content.decode()


def test_a_page_names_its_one_address(client, goods):
    path = product_path(goods[2])
    text = client.get(f"{path}?s=t0ken").content.decode()
    assert f'<link rel="canonical" href="{settings.SITE_URL}{path}">' in text
    second = client.get("/", {"page": 2}).content.decode()
    assert f'href="{settings.SITE_URL}/?page=2"' in second


def test_search_engines_stay_away_from_people(client, goods):
    page = client.get("/robots.txt")
    assert page["Content-Type"].startswith("text/plain")
    for private in ("/g/", "/orders/", "/me/", "/office/"):
        assert f"Disallow: {private}\n" in page.content.decode()


def test_a_store_says_how_to_reach_it(client, goods):
    store = goods[0]
    store.phone = "0358-5550102"
    store.save()
    assert 'href="tel:0358-5550102"' in client.get(f"/store/{store.slug}/").content.decode()


def test_a_404_gives_the_reason(client, db):
    assert "没有这件商品" in client.get("/p/pro_nothing/").content.decode()
    assert "没有这家店" in client.get("/store/nowhere/").content.decode()
    assert "链接可能失效了" in client.get("/nothing/").content.decode()


def test_the_texts_name_who_answers_for_them(client, settings):
    settings.OPERATOR = {"name": "某某科技有限公司", "contact": "privacy@shop.example"}
    for path in ("/agreement/", "/privacy/"):
        text = client.get(path).content.decode()
        assert "某某科技有限公司" in text
        assert "privacy@shop.example" in text


def test_an_empty_platform_has_a_page(client):
    assert "还没有开张的店铺" in client.get("/").content.decode()


def test_a_warm_page_costs_no_query(client, goods, django_assert_num_queries):
    for path in ("/", f"/store/{goods[0].slug}/", product_path(goods[2])):
        client.get(path)
        with django_assert_num_queries(0):
            assert client.get(path).status_code == 200


def test_a_warm_page_is_not_handed_out_where_a_redirect_is_due(
    client, goods, settings, django_assert_num_queries
):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/", secure=True).status_code == 200
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/")
    with django_assert_num_queries(0):
        assert client.get("/", secure=True).status_code == 200


def test_public_pages_are_cacheable_and_set_no_cookie(client, goods):
    for path in ("/", f"/store/{goods[0].slug}/", product_path(goods[2]), "/agreement/"):
        page = client.get(path)
        assert page["Cache-Control"].startswith("public, max-age=")
        assert not page.cookies
        assert page["Vary"] == "Accept-Encoding"


def test_what_a_share_adds_to_the_address_does_not_make_another_page(
    client, goods, django_assert_num_queries
):
    path = product_path(goods[2])
    first = client.get(path).content
    with django_assert_num_queries(0):
        again = client.get(f"{path}?s=t0ken&from=singlemessage&isappinstalled=0")
    assert again.content == first


@pytest.mark.parametrize("page", ["x", "1", "0", "-3", "٣", "1" * 300, "+1"])
def test_junk_for_a_page_number_is_kept_as_the_first_page_is(
    client, goods, django_assert_num_queries, page
):
    first = client.get("/").content
    with django_assert_num_queries(0):
        assert client.get("/", {"page": page}).content == first


def test_page_numbers_end_somewhere(client, goods, django_assert_num_queries):
    client.get("/", {"page": 99998})
    with django_assert_num_queries(0):
        client.get("/", {"page": 99999})


def test_a_signed_in_person_gets_the_same_bytes(client, goods):
    path = product_path(goods[2])
    first = client.get(path).content
    client.force_login(cast.person("Alice").user)
    assert client.get(path).content == first


def test_the_product_page_in_few_queries(client, goods, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        text = client.get(product_path(goods[2])).content.decode()
    assert "发起拼团" in text
    assert "单独购买" in text


def test_open_groups_are_on_the_product_page(client, goods, django_capture_on_commit_callbacks):
    _, campaign, sku = goods
    with django_capture_on_commit_callbacks(execute=True):
        joined = cast.lead(campaign, sku, cast.person())
        cast.pay(joined.order_public_id)
    for _ in range(5):
        cast.deliver()
    public_pages_forget()
    assert f"/g/{joined.group_public_id}/" in client.get(product_path(sku)).content.decode()


def test_a_withdrawn_product_says_so_and_sells_nothing(client, goods):
    sku = goods[2]
    product_withdraw(product_id=sku.product_id, now=clock.now())
    text = client.get(product_path(sku)).content.decode()
    assert "商品已下架" in text
    assert "data-sheet-open" not in text


def test_a_closed_store_says_so(client, goods):
    store, _, sku = goods
    store.is_open = False
    store.save()
    assert "店铺休息中" in client.get(product_path(sku)).content.decode()
    assert "店铺正在休息" in client.get(f"/store/{store.slug}/").content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/p/pro_nothing/",
        "/store/nowhere/",
        "/g/grp_nothing/",
        "/p/pro_nothing/mine/",
        "/store/nowhere/mine/",
        "/nothing/",
        # An id that no database can read.
        "/x/%00/",
        "/x/%00/mine/",
        "/addresses/%00/",
        "/payments/notify/%00/pay/",
    ],
)
def test_an_unknown_address_is_a_friendly_404(client, db, path):
    page = client.get(path)
    assert page.status_code == 404
    assert "没有找到这个页面" in page.content.decode()


def test_an_unknown_category_is_a_404(client, goods):
    store = goods[0]
    Category.objects.create(store=store, slug="dates", name="红枣")
    assert client.get(f"/store/{store.slug}/nothing/").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999", "²", "1.5"])
def test_a_page_number_that_is_none_shows_the_first(client, goods, page):
    assert client.get(f"/store/{goods[0].slug}/", {"page": page}).status_code == 200


def test_markup_in_a_title_is_shown_and_not_run(client):
    sku = cast.sku_on_sale()
    sku.product.title = "<script>alert(1)</script>"
    sku.product.save()
    text = client.get(product_path(sku)).content.decode()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_only_reading_is_allowed(client, goods):
    assert client.post("/").status_code == 405
    assert client.post(product_path(goods[2])).status_code == 405


def test_the_foot_says_who_runs_the_shop_and_where_to_complain(client, goods, settings):
    settings.OPERATOR = {
        **settings.OPERATOR,
        "name": "甲公司",
        "icp": "晋ICP备1号",
        "complaints": "400-1",
    }
    text = client.get("/").content.decode()
    assert "甲公司" in text and "晋ICP备1号" in text and "投诉举报" in text and "400-1" in text
    # A store's pages name the store.
    store, _, _ = goods
    assert "晋ICP备1号" not in client.get(f"/store/{store.slug}/").content.decode()


def test_a_store_leads_to_its_open_groups(client, goods):
    store, _, _ = goods
    open_one, closed, empty = (
        entry_make(store, name=name, is_open=name != "旧群") for name in ("老友群", "旧群", "空群")
    )
    code_make(open_one)
    code_make(closed)
    text = client.get(f"/store/{store.slug}/").content.decode()
    assert f"/q/{open_one.public_id}/" in text and "加入老友群" in text
    assert closed.public_id not in text and empty.public_id not in text
    public_pages_forget()
    other = cast.store_open()
    assert open_one.public_id not in client.get(f"/store/{other.slug}/").content.decode()


def test_me_leads_to_the_desks_where_one_is_a_sharer(client, goods):
    store, _, _ = goods
    who = cast.person()
    client.force_login(who.user)
    desk = f"/store/{store.slug}/sharer/"
    assert desk not in client.get("/me/").content.decode()
    plan_make(store)
    sharer_make(store, who)
    assert desk in client.get("/me/").content.decode()


def test_me_is_for_the_signed_in(client):
    assert client.get("/me/").headers["Location"].startswith("/sign-in/?next=/me/")
    client.force_login(cast.person("李梅").user)
    page = client.get("/me/")
    assert "李梅" in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_the_personal_fragment_shows_my_open_seat(client, goods):
    _, campaign, sku = goods
    alice = cast.person("Alice")
    joined = cast.lead(campaign, sku, alice)
    path = f"{product_path(sku)}mine/"
    assert joined.order_public_id not in client.get(path).content.decode()
    client.force_login(alice.user)
    page = client.get(path)
    assert joined.order_public_id in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_the_texts_carry_their_version(client):
    assert "2026-03" in client.get("/agreement/").content.decode()
    assert "2026-05" in client.get("/privacy/").content.decode()


def test_licences_name_every_store(client, goods):
    store = goods[0]
    store.company, store.licence_no = "临县枣园家庭农场", "91141124MA0000000X"
    store.save()
    text = client.get("/licences/").content.decode()
    assert "临县枣园家庭农场" in text
    assert "91141124MA0000000X" in text


def test_what_goes_with_it_is_what_the_merchant_chose_or_the_stores_first(client, goods):
    store, _, sku = goods
    first, chosen = product_make(store, title="沙枣蜜"), product_make(store, title="枣木梳")
    stranger = product_make(title="粗陶碗")
    draft = product_make(store, title="没写完", published=False)
    page = client.get(product_path(sku)).content.decode()
    assert "沙枣蜜" in page and "枣木梳" in page
    assert "粗陶碗" not in page and "没写完" not in page
    sku.product.related.set([chosen, stranger, draft])
    public_pages_forget()
    page = client.get(product_path(sku)).content.decode()
    assert "枣木梳" in page and first.title not in page
    assert "粗陶碗" not in page and "没写完" not in page
