"""A product's options, the SKUs of their combinations, and how the page offers them."""

import json
import re
from html import unescape

import pytest
from django.db import IntegrityError, transaction

from catalog.models import ProductOption, Sku
from catalog.queries import product_page
from catalog.services import PublishRefused, product_publish, sku_add, sku_remove, skus_generate
from catalog.services.matrix import MAX_SKUS
from catalog.tests.factories import product_make
from core import clock
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db


def options(product, **values):
    for position, (name, words) in enumerate(values.items()):
        ProductOption.objects.create(
            store_id=product.store_id,
            product=product,
            name=name,
            values=list(words),
            position=position,
        )


def generate(product):
    return skus_generate(product_id=product.pk, by_id=None, now=clock.now())


def live(product):
    return Sku.objects.filter(product=product, removed_at=None)


@pytest.fixture
def shirt():
    """A product whose only SKU bears the name of a combination."""
    product = product_make(price_fen=9900, on_hand=5)
    product.skus.update(name="红 M")
    options(product, 颜色="红黑", 尺寸="MLX")
    return product


def test_every_missing_combination_in_one_go(shirt):
    assert generate(shirt) == 5
    assert [sku.name for sku in live(shirt)] == ["红 M", "红 L", "红 X", "黑 M", "黑 L", "黑 X"]
    assert {sku.price_fen for sku in live(shirt)} == {9900}
    assert [sku.on_hand for sku in live(shirt)] == [5, 0, 0, 0, 0, 0]
    assert all(sku.price_changes.count() == 1 for sku in live(shirt))
    assert live(shirt).first().options == [["颜色", "红"], ["尺寸", "M"]]


def test_twice_adds_nothing_and_a_new_value_adds_its_own(shirt):
    generate(shirt)
    assert generate(shirt) == 0
    ProductOption.objects.filter(product=shirt, name="颜色").update(values=["红", "黑", "白"])
    assert generate(shirt) == 3
    assert live(shirt).count() == 9


def test_options_in_another_order_are_the_same_combinations(shirt):
    generate(shirt)
    ProductOption.objects.filter(product=shirt, name="颜色").update(position=9)
    assert generate(shirt) == 0
    assert live(shirt).get(name="黑 X").options == [["尺寸", "X"], ["颜色", "黑"]]
    assert product_page(shirt.public_id).is_matrix


def test_a_removed_combination_comes_back_as_a_new_sku(shirt):
    generate(shirt)
    gone = live(shirt).get(name="黑 X")
    sku_remove(sku_id=gone.pk, now=clock.now())
    assert generate(shirt) == 1
    assert live(shirt).get(name="黑 X").pk != gone.pk


def test_what_cannot_be_generated_says_why_and_adds_nothing(shirt):
    bare = product_make()
    with pytest.raises(PublishRefused, match="请先填写规格项"):
        generate(bare)
    options(bare, 一="甲乙")
    live(bare).update(removed_at=clock.now())
    with pytest.raises(PublishRefused, match="填好价格"):
        generate(bare)
    ProductOption.objects.filter(product=shirt).update(values=[str(n) for n in range(15)])
    with pytest.raises(PublishRefused, match=f"225 个组合，最多 {MAX_SKUS} 个"):
        generate(shirt)
    assert live(shirt).count() == 1


def test_the_database_refuses_a_combination_twice(shirt):
    generate(shirt)
    twin = sku_add(product_id=shirt.pk, name="又一个", price_fen=1, now=clock.now())
    twin.options = [["颜色", "红"], ["尺寸", "M"]]
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_the_page_chooses_by_option_when_every_sku_is_a_combination(shirt, client):
    generate(shirt)
    found = product_page(shirt.public_id)
    assert found.is_matrix
    assert found.skus[1].options == (("颜色", "红"), ("尺寸", "L"))
    text = client.get(f"/p/{shirt.public_id}/").content.decode()
    assert "data-matrix" in text
    assert "js/options.js" in text
    # Without the script: a plain list, what is sold out is disabled, what can be had is checked.
    radios = re.findall(r'<input type="radio" name="sku"[^>]*>', text)
    assert [" disabled" in radio for radio in radios] == [False] + [True] * 5
    assert " checked" in radios[0]
    given = re.search(r'data-options="([^"]*)"', radios[5]).group(1)
    assert json.loads(unescape(given)) == [["颜色", "黑"], ["尺寸", "X"]]


def test_skus_with_a_name_alone_stay_a_plain_list(shirt, client):
    generate(shirt)
    sku_add(product_id=shirt.pk, name="样品", price_fen=100, on_hand=1, now=clock.now())
    for product in (shirt, product_make()):
        assert not product_page(product.public_id).is_matrix
        text = client.get(f"/p/{product.public_id}/").content.decode()
        assert "data-matrix" not in text
        assert "options.js" not in text


def form_of(product, **fields):
    prefixes = ("options", "skus", "photos")
    counts = {f"{p}-{n}_FORMS": "0" for p in prefixes for n in ("TOTAL", "INITIAL")}
    return {"title": product.title, "position": "0", "fulfilment": "goods"} | counts | fields


def test_the_merchant_writes_options_and_generates(client):
    product = product_make(published=False)
    client.force_login(staff_make(product.store).user)
    change = f"/office/catalog/product/{product.pk}/change/"
    assert client.get(change).status_code == 200
    row = {"options-TOTAL_FORMS": "1", "options-0-name": "颜色", "options-0-position": "0"}
    page = client.post(change, form_of(product, **row, **{"options-0-values": "、，"}))
    assert "请至少填写一个规格值" in page.content.decode()
    fields = row | {"options-0-values": "红、黑，白, 红"}
    assert client.post(change, form_of(product, **fields)).status_code == 302
    option = ProductOption.objects.get()
    assert (option.values, option.store_id) == (["红", "黑", "白"], product.store_id)
    data = {"action": "generate", "_selected_action": [product.pk]}
    page = client.post("/office/catalog/product/", data, follow=True)
    assert "新增 3 个规格" in page.content.decode()
    assert live(product).count() == 4
    product_publish(product_id=product.pk, now=clock.now())
