"""What the search box offers while somebody types: goods and categories that are really there."""

import pytest

from catalog.models import Category, Product
from catalog.services import product_withdraw
from catalog.tests.factories import product_make
from core import clock
from stores.tests.factories import store_make

pytestmark = pytest.mark.django_db


def suggested(client, words):
    page = client.get("/search/suggest/", {"q": words})
    assert page.status_code == 200
    return page.content.decode()


def test_goods_and_categories_by_what_is_typed_so_far(client):
    store = store_make(name="枣园")
    shelf = Category.objects.create(store=store, slug="zao", name="红枣干货")
    dates = product_make(store, title="临县红枣")
    Product.objects.filter(pk=dates.pk).update(category=shelf)
    tea = product_make(title="Black tea")
    text = suggested(client, "红枣")
    assert f"/p/{dates.public_id}/?from=search" in text
    assert f"/store/{store.slug}/zao/" in text and "枣园" in text
    assert tea.public_id not in text
    assert tea.public_id in suggested(client, "BLA")
    assert "<html" not in text


@pytest.mark.parametrize("words", ["", "  ", "没有", "%_", "<b>", "\0"])
def test_without_a_match_there_is_nothing(client, words):
    product_make(title="临县红枣")
    assert suggested(client, words).strip() == ""


def test_what_cannot_be_bought_is_not_suggested(client):
    store = store_make()
    empty = Category.objects.create(store=store, slug="zao", name="红枣")
    gone = product_make(store, title="红枣甲")
    product_withdraw(product_id=gone.pk, now=clock.now())
    product_make(store_make(is_open=False), title="红枣乙")
    assert suggested(client, "红枣").strip() == ""
    assert not Product.objects.filter(category=empty).exists()


def test_there_are_a_few_and_they_cost_two_queries(client, django_assert_num_queries):
    store = store_make()
    for number in range(12):
        product_make(store, title=f"红枣 {number}")
    with django_assert_num_queries(2):
        assert suggested(client, "红枣").count("<li>") == 6


def test_the_box_asks_for_them_and_is_a_form_without_a_script(client):
    text = client.get("/search/").content.decode()
    assert 'hx-get="/search/suggest/"' in text and "delay:300ms" in text
    assert '<form class="search" method="get" action="/search/"' in text
