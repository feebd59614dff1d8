"""Posters of goods and of stores, in each of their templates; what a page tells its poster."""

import pytest

from catalog.models import Product
from catalog.tests.factories import sku_make
from sharing.pages import poster_read
from sharing.posters.spec import PosterGoods
from sharing.tests.drawings import (
    LINK,
    MANY,
    drawing,
    long_spec_make,
    photo_make,
    spec_make,
    styles_of,
)
from storefront.posters import ProductPoster, StorePoster
from tests import cast

PRODUCT = ("card", "frame", "letter")
STORE = ("sign", "window", "visiting")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def goods(number, *, photo="", title="滩枣", price_fen=5900, has_more=False):
    return tuple(PosterGoods(f"{title}{n}", price_fen, photo, has_more) for n in range(number))


def test_there_are_three_templates_of_each():
    assert (styles_of("product"), styles_of("store")) == (PRODUCT, STORE)


@pytest.mark.parametrize("style", PRODUCT)
def test_a_products_poster_says_what_it_costs_and_comes_in(style):
    told = ProductPoster(
        photo=photo_make(), price_fen=3900, was_fen=5900, has_more=True, facts=("5 斤", "礼盒")
    )
    drawn = drawing(spec_make("product", style, told))
    for said in ("吕梁滩枣 5 斤", "晒足四十天", "39.00", "起", "5 斤", "礼盒", "枣农小店"):
        assert said in drawn.words.splitlines(), said
    assert drawn.is_struck("¥59.00")
    assert drawn.codes == [LINK]
    assert drawn.faults() == []


@pytest.mark.parametrize("style", PRODUCT)
@pytest.mark.parametrize(("with_photo", "bare"), [(True, False), (False, True)])
def test_a_products_long_words_and_large_sums_keep_their_places(style, with_photo, bare):
    told = ProductPoster(
        photo=photo_make() if with_photo else "",
        price_fen=MANY - 100,
        was_fen=None if bare else MANY,
        has_more=True,
        facts=() if bare else ("规" * 30, "5 斤", "礼盒" * 4, "新枣"),
    )
    drawn = drawing(long_spec_make("product", style, told))
    assert drawn.faults() == []
    assert "999998.00" in drawn.words
    assert drawn.codes == [LINK]


@pytest.mark.parametrize("style", STORE)
@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_stores_poster_shows_some_of_its_goods(style, number):
    told = StorePoster(photo=photo_make(), goods=goods(number, photo=photo_make()))
    spec = spec_make("store", style, told, title="枣农小店", desc="自家树上的枣")
    drawn = drawing(spec)
    for said in ("枣农小店", "自家树上的枣", *(f"滩枣{n}" for n in range(number))):
        assert said in drawn.words, said
    assert ("59.00" in drawn.words) == (style == "window" and number > 0)
    assert drawn.codes == [LINK]
    assert drawn.faults() == []


@pytest.mark.parametrize("style", STORE)
@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_stores_long_words_keep_their_places(style, number):
    told = StorePoster(
        goods=goods(number, title="吕梁山里老树晒足四十天的特级滩枣", price_fen=MANY)
    )
    drawn = drawing(long_spec_make("store", style, told))
    assert drawn.faults() == []
    assert drawn.codes == [LINK]


@pytest.mark.django_db
def test_the_pages_tell_their_posters_what_is_true(client):
    sku = cast.sku_on_sale(cast.store_open())
    product = sku.product
    Product.objects.filter(pk=product.pk).update(brand="滩上", tags=["新枣", "礼盒"])
    page = client.get(f"/p/{product.public_id}/mine/")
    *_rest, about = poster_read(page.context["card"].poster)
    assert (about.price_fen, about.was_fen, about.has_more) == (sku.price_fen, None, False)
    assert about.facts == (sku.name, "滩上", "新枣", "礼盒")
    page = client.get(f"/store/{product.store.slug}/mine/")
    *_rest, about = poster_read(page.context["card"].poster)
    assert about.goods == (PosterGoods(product.title, sku.price_fen),)
    Product.objects.filter(pk=product.pk).update(title="枣" * 60)
    sku_make(product, price_fen=sku.price_fen + 100)
    page = client.get(f"/store/{product.store.slug}/mine/")
    *_rest, about = poster_read(page.context["card"].poster)
    assert about.goods == (PosterGoods("枣" * 23 + "…", sku.price_fen, has_more=True),)
