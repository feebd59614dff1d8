"""Goods that nobody weighed or measured: the merchant is told, and they are not sent for nothing."""

import pytest

from catalog.models import Product, Sku
from catalog.services import product_publish
from core import clock
from freight.models import FreightTemplate
from freight.pricing import By, Load, Tariff, Tier
from freight.queries import unmeasured_words
from freight.tests.factories import GUANGDONG, freight_make
from stores.tests.factories import store_make
from tests import cast
from tests.office import fill, staff_client, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def store():
    return store_make()


def by_weight(store, **fields):
    return freight_make(store, unit="weight", first=1000, step=500, **fields)


@pytest.mark.parametrize(("weight_g", "fee_fen"), [(0, 600 + 200), (400, 600 + 200), (300, 600)])
def test_a_piece_that_nobody_weighed_counts_as_one_step(weight_g, fee_fen):
    tariff = Tariff(By.WEIGHT, Tier(1000, 600, 500, 200))
    load = Load(quantity=3, weight_g=weight_g, volume_cm3=0, amount_fen=0)
    assert tariff.fee_fen(GUANGDONG, [load]) == fee_fen


def test_whoever_uses_it_for_everything_is_told_which_goods(store):
    weighed, light, other = (cast.sku_on_sale(store) for _ in range(3))
    Sku.objects.filter(pk=weighed.pk).update(weight_g=500)
    Sku.objects.filter(pk=other.pk).update(weight_g=0)
    template = by_weight(store)
    data = {"action": "use_for_all", "_selected_action": [template.pk]}
    page = staff_client(store).post(url(FreightTemplate, "changelist"), data, follow=True)
    text = page.content.decode()
    assert "没有填写重量，运费模板“默认模板”每件按一个续重单位计费" in text
    for sku in (light, other):
        assert f"{sku.product.title} {sku.name}" in text
    assert f"{weighed.product.title} {weighed.name}" not in text


def test_publishing_and_changing_the_template_say_so_too(store):
    sku, template = cast.sku_on_sale(store), by_weight(store)
    client = staff_client(store)
    page = url(Product, "change", sku.product_id)
    answer = fill(client, page, freight_template=template.pk)
    assert answer.status_code == 302
    assert "没有填写重量" in client.get(page).content.decode()
    advice = " ".join(product_publish(product_id=sku.product_id, now=clock.now()))
    assert f"{sku.product.title} {sku.name}" in advice
    Sku.objects.update(weight_g=500)
    assert "重量" not in " ".join(product_publish(product_id=sku.product_id, now=clock.now()))
    page = url(FreightTemplate, "change", template.pk)
    fill(client, page, unit="volume")
    assert "没有填写体积" in client.get(page).content.decode()


def test_what_is_not_posted_or_counted_by_the_piece_needs_no_weight(store):
    sku, template = cast.sku_on_sale(store), by_weight(store)
    Product.objects.update(freight_template=template)
    assert unmeasured_words(template)
    Product.objects.update(fulfilment="content")
    assert unmeasured_words(template) == ""
    Product.objects.update(fulfilment="goods")
    Sku.objects.filter(pk=sku.pk).update(removed_at=clock.now())
    assert unmeasured_words(template) == ""
    Sku.objects.update(removed_at=None)
    template.unit = "piece"
    assert unmeasured_words(template) == ""
