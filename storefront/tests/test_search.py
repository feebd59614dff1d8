"""Search: every word must be found, in what is on sale, in few queries, and kept by no cache."""

import pytest

from catalog.models import Product
from catalog.services import product_withdraw
from catalog.tests.factories import product_make
from core import clock
from stores.tests.factories import store_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def goods():
    store = store_make(name="枣园")
    dates = product_make(
        store, title="临县红枣", subtitle="当年新货", brand="吕梁山", tags=["有机"]
    )
    return dates, product_make(title="Black tea 100%")


@pytest.mark.parametrize("words", ["红枣", "新货", "吕梁", "有机", "枣园", "枣园 红枣", "  红枣 "])
def test_words_are_found_wherever_they_stand(client, goods, words):
    dates, tea = goods
    text = client.get("/search/", {"q": words}).content.decode()
    assert dates.title in text.split("</h1>")[1].split("</form>")[1]
    assert tea.title not in text


def test_case_does_not_matter_and_wildcards_are_letters(client, goods):
    _, tea = goods
    for words in ("BLACK", "100%"):
        assert tea.title in client.get("/search/", {"q": words}).content.decode()
    for words in ("%", "_"):
        found = client.get("/search/", {"q": words}).content.decode()
        assert found.count("<article") == (words == "%")


@pytest.mark.parametrize("words", ["红枣 没有", "没有", "'; --", "<b>", "x" * 3000])
def test_nothing_found_says_what_to_do(client, goods, words):
    page = client.get("/search/", {"q": words})
    assert page.status_code == 200
    assert "换个词试试" in page.content.decode()
    assert "<b>" not in page.content.decode()


@pytest.mark.parametrize("words", ["", "   ", "\0"])
def test_no_words_look_for_nothing(client, goods, words, django_assert_num_queries):
    with django_assert_num_queries(0):
        text = client.get("/search/", {"q": words}).content.decode()
    assert "输入想找的商品" in text
    assert "<article" not in text


def test_what_is_not_for_sale_is_not_found(client, goods):
    dates, tea = goods
    product_withdraw(product_id=dates.pk, now=clock.now())
    product_make(title="红枣草稿", published=False)
    tea.store.is_open = False
    tea.store.save()
    for words in ("红枣", "tea"):
        assert "<article" not in client.get("/search/", {"q": words}).content.decode()


def test_pages_keep_the_words_and_cost_the_same(client, goods, django_assert_num_queries):
    for _ in range(24):
        product_make(goods[0].store, title="大红枣")
    with django_assert_num_queries(4):
        text = client.get("/search/", {"q": "红枣"}).content.decode()
    assert text.count("<article") == 20
    assert 'href="?q=%E7%BA%A2%E6%9E%A3&amp;page=2"' in text
    text = client.get("/search/", {"q": "红枣", "page": 2}).content.decode()
    assert text.count("<article") == 5


def test_no_cache_of_ours_keeps_a_search(client, goods):
    assert goods[0].title in client.get("/search/", {"q": "新货"}).content.decode()
    Product.objects.update(subtitle="")
    page = client.get("/search/", {"q": "新货"})
    assert "换个词试试" in page.content.decode()
    assert not page.cookies


def test_the_box_is_at_home_and_in_stores(client, goods):
    for path in ("/", f"/store/{goods[0].store.slug}/"):
        text = client.get(path).content.decode()
        assert 'role="search"' in text
        assert "csrfmiddlewaretoken" not in text
