"""A sharer's own page: the goods to recommend, page by page and by words, and what each earns."""

import re

import pytest

from catalog.tests.factories import product_make, sku_make
from core import clock
from sharers.models import SharerPlan, SkuRate
from sharers.queries import rate_texts
from sharers.services import sharer_stop, showcase_add
from sharers.tests.factories import bought, brings, plan_make, sharer_make
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def store():
    return cast.store_open()


@pytest.fixture
def sharer(store):
    plan_make(store)
    return sharer_make(store, cast.person("张姐"))


@pytest.fixture
def address(client, sharer, store):
    client.force_login(sharer.person)
    return f"/store/{store.slug}/sharer/"


def offered(page):
    """The titles of what may be put into the showcase."""
    return [card.title for card, _reward in page.context["more"]]


def add(sharer, product):
    showcase_add(sharer_id=sharer.pk, product_ref=product.public_id, note="", now=clock.now())


def test_every_product_can_be_reached_by_the_pager(client, address, store):
    made = [product_make(store, title=f"枣 {n:02d}").title for n in range(45)]
    seen, at = [], address
    for _page in range(3):
        page = client.get(at)
        seen += offered(page)
        text = page.content.decode()
        if nexts := re.findall(r'rel="next" href="(\?goods=\d#more)"', text):
            at = address + nexts[0].removesuffix("#more")
    assert seen == made
    assert not nexts and 'rel="prev" href="?goods=2#more"' in text


def test_what_is_in_the_showcase_makes_room_for_the_next(client, address, store, sharer):
    made = [product_make(store, title=f"枣 {n:02d}") for n in range(22)]
    for product in made[:20]:
        add(sharer, product)
    page = client.get(address)
    assert offered(page) == ["枣 20", "枣 21"]
    assert 'rel="next"' not in page.content.decode()


def test_goods_are_found_by_words_page_by_page(client, address, store, sharer):
    for n in range(21):
        product_make(store, title=f"核桃 {n:02d}")
    product_make(store, title="红枣")
    page = client.get(address, {"q": "核桃"})
    text = page.content.decode()
    assert len(offered(page)) == 20
    assert 'value="核桃"' in text
    assert 'href="?q=%E6%A0%B8%E6%A1%83&amp;goods=2#more"' in text
    assert offered(client.get(address, {"q": "核桃", "goods": "2"})) == ["核桃 20"]
    assert offered(client.get(address, {"q": " 红枣\0"})) == ["红枣"]
    nothing = client.get(address, {"q": "荔枝"}).content.decode()
    assert "换个词试试" in nothing and 'value="荔枝"' in nothing


def test_other_stores_goods_are_not_offered(client, address, store):
    product_make(title="别家的枣")
    assert offered(client.get(address)) == []
    assert "都在橱窗里了" in client.get(address).content.decode()


def test_putting_one_in_leads_back_to_where_one_was(client, address, store, sharer):
    made = [product_make(store, title=f"枣 {n:02d}") for n in range(22)]
    page = client.get(address, {"q": "枣", "goods": "2"})
    action = f'action="{address}item/?q=%E6%9E%A3&amp;goods=2"'
    assert page.content.decode().count(action) == 2
    sent = f"{address}item/?q=%E6%9E%A3&goods=2"
    answer = client.post(sent, {"product": made[20].public_id})
    assert answer.url == f"{address}?q=%E6%9E%A3&goods=2#more"
    assert offered(client.get(answer.url)) == ["枣 21"]
    answer = client.post(sent, {"product": made[20].public_id, "drop": "1"})
    assert answer.url == f"{address}?q=%E6%9E%A3&goods=2#showcase"


def test_the_pager_of_the_earnings_is_another(client, address, store):
    for n in range(21):
        product_make(store, title=f"枣 {n:02d}")
    page = client.get(address, {"page": "2", "q": "枣"})
    assert (page.context["desk"].earnings.page, page.context["goods"].page) == (2, 1)
    page = client.get(address, {"goods": "2"})
    assert (page.context["desk"].earnings.page, page.context["goods"].page) == (1, 2)


# --- what it earns ---
def test_a_product_says_what_it_earns_before_it_is_earned(client, address, store, sharer):
    _plain, fixed, kept = (product_make(store, title=name) for name in ("枣", "核桃", "小米"))
    SkuRate.objects.create(store=store, sku=fixed.skus.get(), fixed_fen=200)
    SkuRate.objects.create(store=store, sku=kept.skus.get(), rate_bp=800)
    add(sharer, kept)
    page = client.get(address)
    rewards = {card.title: reward for card, reward in page.context["more"]}
    assert rewards == {"枣": "5%", "核桃": "每件 2.00 元"}
    assert [reward for _one, reward in page.context["items"]] == ["8%"]
    text = page.content.decode()
    assert all(f"奖励 {one}" in text for one in ("5%", "每件 2.00 元", "8%"))


def test_skus_that_earn_differently_are_all_named(store, sharer, django_assert_num_queries):
    first, second = product_make(store), product_make(store)
    SkuRate.objects.create(store=store, sku=first.skus.get(), rate_bp=100)
    other = sku_make(first)
    SkuRate.objects.create(store=store, sku=second.skus.get(), rate_bp=100)
    gone = sku_make(second)
    gone.removed_at = clock.now()
    gone.save(update_fields=["removed_at"])
    with django_assert_num_queries(2):
        found = rate_texts(store.pk, [first.pk, second.pk])
    assert found == {first.pk: "5% / 1%", second.pk: "1%"}
    SkuRate.objects.create(store=store, sku=other, rate_bp=100)
    assert rate_texts(store.pk, [first.pk]) == {first.pk: "1%"}


def test_a_store_that_pays_nothing_promises_nothing(client, address, store, sharer):
    product = product_make(store)
    SkuRate.objects.create(store=store, sku=product.skus.get(), rate_bp=100)
    SharerPlan.objects.update(pays_rewards=False)
    page = client.get(address)
    assert [reward for _card, reward in page.context["more"]] == [""]


def test_inside_wechat_a_strict_shop_names_no_rate(client, address, store, sharer, settings):
    settings.WECHAT_SHARE_POLICY = "strict"
    agent = {"User-Agent": "Mozilla/5.0 MicroMessenger/8.0.50"}
    kept = product_make(store)
    add(sharer, kept)
    product_make(store)
    page = client.get(address, headers=agent)
    assert page.context["more"] and page.context["items"]
    assert "奖励 5%" not in page.content.decode()
    assert client.get(address).content.decode().count("奖励 5%") == 2


@pytest.mark.parametrize(
    ("is_stopped", "said"),
    [(False, "新订单不再有奖励，已有的奖励照常结算"), (True, "分享已停止，已有的奖励照常结算")],
    ids=["sharing", "stopped"],
)
def test_inside_wechat_a_strict_shop_only_points_to_the_rewards(
    client, address, store, sharer, settings, is_stopped, said
):
    settings.WECHAT_SHARE_POLICY = "strict"
    agent = {"User-Agent": "Mozilla/5.0 MicroMessenger/8.0.50"}
    add(sharer, product_make(store))
    product_make(store)
    if is_stopped:
        sharer_stop(sharer_id=sharer.pk, now=clock.now())
    text = client.get(address, headers=agent).content.decode()
    assert text.count("奖励") == 1
    assert "按微信的规定，奖励明细请在浏览器里打开本页查看。" in text
    text = client.get(address).content.decode()
    assert said in text and "可结算" in text


def test_the_months_call_what_was_earned_a_reward(client, address, store, sharer):
    friend = cast.person()
    brings(sharer, friend)
    bought(cast.sku_on_sale(store), friend)
    text = client.get(address).content.decode()
    heads = re.findall(r'<th scope="col">([^<]*)</th>', text)
    assert heads == ["月份", "奖励", "扣回", "已结算"]
