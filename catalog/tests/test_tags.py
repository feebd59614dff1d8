"""Brand and tags: typed as words, shown as chips, one tag's goods on the store's page."""

import pytest

from catalog.models import Product
from catalog.tests.factories import product_make
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db


def tagged(store=None, *tags):
    return product_make(store, tags=list(tags), brand="枣园")


def test_chips_lead_to_the_stores_goods_with_that_tag(client):
    product = tagged(None, "有机", "a&b=<c>")
    other = tagged(product.store, "当季")
    text = client.get(f"/p/{product.public_id}/").content.decode()
    assert "?tag=%E6%9C%89%E6%9C%BA" in text
    assert "?tag=a%26b%3D%3Cc%3E" in text
    assert "<bdi>枣园</bdi>" in text
    store = f"/store/{product.store.slug}/"
    text = client.get(store, {"tag": "有机"}).content.decode()
    assert product.title in text
    assert other.title not in text
    assert "清除筛选" in text
    assert other.title in client.get(store).content.decode()
    assert product.title in client.get(store, {"tag": "a&b=<c>"}).content.decode()


def test_the_pager_keeps_the_tag_and_the_cache_keeps_no_tag(client, django_assert_num_queries):
    product = tagged(None, "有机")
    for _ in range(20):
        tagged(product.store, "有机")
    store = f"/store/{product.store.slug}/"
    text = client.get(store, {"tag": "有机"}).content.decode()
    assert 'href="?tag=%E6%9C%89%E6%9C%BA&amp;page=2"' in text
    Product.objects.update(tags=[])
    assert "这里还没有商品" in client.get(store, {"tag": "有机"}).content.decode()


@pytest.mark.parametrize("tag", ["没有", "\0", "x" * 5000, "'; --"])
def test_any_word_is_a_page(client, tag):
    product = tagged(None, "有机")
    page = client.get(f"/store/{product.store.slug}/", {"tag": tag})
    assert page.status_code == 200


def test_the_merchant_types_words(client):
    product = product_make(published=False)
    client.force_login(staff_make(product.store).user)
    path = f"/office/catalog/product/{product.pk}/change/"
    prefixes = ("options", "skus", "photos")
    data = {f"{p}-{n}_FORMS": "0" for p in prefixes for n in ("TOTAL", "INITIAL")}
    data |= {"title": product.title, "position": "0", "fulfilment": "goods", "brand": "枣园"}
    for tags, words in (("、".join("一二三四五六七八九十百"), "最多 10 个"), ("长" * 11, "太长了")):
        assert words in client.post(path, data | {"tags": tags}).content.decode()
    assert client.post(path, data | {"tags": "有机，当季、有机"}).status_code == 302
    product.refresh_from_db()
    assert (product.brand, product.tags) == ("枣园", ["有机", "当季"])
    assert "有机、当季" in client.get(path).content.decode()
