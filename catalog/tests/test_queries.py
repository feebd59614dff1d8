"""Pages get frozen data in a fixed number of queries."""

import pytest

from catalog.models import Sku
from catalog.queries import (
    cards_of,
    photo_src,
    product_cards,
    product_page,
    sku_for_sale,
    sku_on_sale,
    skus_for_sale,
    store_shelf,
)
from catalog.services import (
    product_withdraw,
    sku_price_change,
    sku_remove,
    stock_reserve,
)
from catalog.tests.factories import category_make, photo_make, product_make, sku_make
from core import clock
from stores.tests.factories import store_make

pytestmark = pytest.mark.django_db


def test_skus_for_sale_come_in_one_query(django_assert_num_queries):
    sku, other = sku_make(on_hand=5), sku_make()
    photo = photo_make(sku.product)
    photo_make(sku.product)
    stock_reserve(lines={sku.pk: 2}, reference="ord_1", now=clock.now())
    with django_assert_num_queries(1):
        found = skus_for_sale([sku.pk, other.pk, 987654321])
    assert set(found) == {sku.pk, other.pk}
    one = found[sku.pk]
    assert (one.title, one.name, one.price_fen, one.available) == (
        sku.product.title,
        "500g",
        880,
        3,
    )
    assert (one.store_id, one.product_public_id) == (sku.store_id, sku.product.public_id)
    assert (one.photo, found[other.pk].photo) == (str(photo.image), "")
    assert sku_for_sale(sku.public_id) == one
    assert sku_for_sale("sku_nothing") is None


def test_of_a_sku_that_was_removed_none_is_left():
    product = product_make(on_hand=5)
    gone = sku_make(product, on_hand=5)
    sku_remove(sku_id=gone.pk, now=clock.now())
    found = skus_for_sale([gone.pk])[gone.pk]
    assert (found.on_sale, found.available) == (False, 0)
    assert not Sku.objects.filter(sku_on_sale(clock.now()), pk=gone.pk).exists()


def test_a_draft_is_not_for_sale_and_has_no_page():
    product = product_make(published=False)
    assert not skus_for_sale([product.skus.get().pk]).popitem()[1].on_sale
    assert product_page(product.public_id) is None
    assert product_page("pro_nothing") is None


def test_a_product_page_holds_everything_in_three_queries(django_assert_num_queries):
    product = product_make(price_fen=880, on_hand=3, subtitle="甜", description="吕梁山里的枣")
    product.category = category_make(product.store)
    product.save()
    sku_make(product, price_fen=1600, on_hand=0, name="1kg")
    gone = sku_make(product, price_fen=1)
    sku_remove(sku_id=gone.pk, now=clock.now())
    photo = photo_make(product, size=(1200, 900))
    with django_assert_num_queries(3):
        page = product_page(product.public_id)
    assert [(sku.name, sku.available) for sku in page.skus] == [("500g", 3), ("1kg", 0)]
    assert (page.price_fen, page.price_max_fen, page.sold_out, page.on_sale) == (
        880,
        1600,
        False,
        True,
    )
    assert page.category.name == "红枣"
    (image,) = page.gallery
    stem = str(photo.image).removesuffix(".webp")
    assert image.srcset == (
        f"/media/{stem}-480.webp 480w, /media/{stem}-960.webp 960w, /media/{stem}.webp 1200w"
    )
    assert (image.src, image.width, image.height) == (f"/media/{stem}-960.webp", 1200, 900)
    assert page.share_image == f"/media/{stem}-share.jpg"
    assert photo_src(str(photo.image)) == f"/media/{stem}-480.webp"
    assert photo_src("") == ""


def test_a_withdrawn_product_still_has_its_page():
    product = product_make()
    product_withdraw(product_id=product.pk, now=clock.now())
    assert product_page(product.public_id).on_sale is False


def test_cards_come_in_three_queries_whatever_their_number(django_assert_num_queries):
    store = store_make()
    for _ in range(5):
        photo_make(product_make(store))
    with django_assert_num_queries(3):
        page = product_cards(store_id=store.pk)
    assert len(page.cards) == 5
    card = page.cards[0]
    assert (card.store_slug, card.store_name, card.price_fen) == (store.slug, store.name, 880)
    assert card.photo is not None


def test_cards_tell_price_range_and_sold_out():
    product = product_make(on_hand=0)
    sku = sku_make(product, on_hand=0)
    sku_price_change(sku_id=sku.pk, price_fen=550, by_id=None, now=clock.now())
    (card,) = product_cards(store_id=product.store_id).cards
    assert (card.price_fen, card.has_price_range, card.sold_out) == (550, True, True)
    assert cards_of([product.pk])[product.pk] == card


def test_cards_leave_out_drafts_other_stores_and_closed_stores():
    mine, other, closed = product_make(), product_make(), product_make()
    product_make(mine.store, published=False)
    closed.store.is_open = False
    closed.store.save()
    assert [card.id for card in product_cards(store_id=mine.store_id).cards] == [mine.pk]
    assert {card.id for card in product_cards().cards} == {mine.pk, other.pk}


def test_pages_of_cards():
    store = store_make()
    made = [product_make(store).pk for _ in range(5)]
    first = product_cards(store_id=store.pk, limit=2)
    assert ([card.id for card in first.cards], first.has_next, first.has_previous) == (
        made[:2],
        True,
        False,
    )
    last = product_cards(store_id=store.pk, limit=2, page=3)
    assert ([card.id for card in last.cards], last.has_next, last.has_previous) == (
        made[4:],
        False,
        True,
    )
    assert product_cards(store_id=store.pk, page=-3).page == 1
    assert product_cards(store_id=store.pk, page=10**9).cards == ()


def test_a_shelf_shows_one_category():
    product = product_make()
    other = product_make(product.store)
    product.category = category_make(product.store, slug="dates")
    product.save()
    category_make(product.store, slug="empty", name="空架子")
    shelf = store_shelf(product.store_id)
    assert [category.slug for category in shelf.categories] == ["dates"]
    assert {card.id for card in shelf.page.cards} == {product.pk, other.pk}
    shelf = store_shelf(product.store_id, "dates")
    assert [card.id for card in shelf.page.cards] == [product.pk]
    assert store_shelf(product.store_id, "nothing") is None
