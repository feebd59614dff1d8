"""A struck-through price is one that was really asked, and the lowest of the week before."""

import random
from datetime import timedelta

import pytest

from catalog.models import PriceChange, Product, ProductOption, Sku
from catalog.queries import product_cards, product_page, struck_prices_fen
from catalog.services import (
    product_publish,
    product_times_keep,
    product_withdraw,
    sku_price_change,
    skus_generate,
)
from catalog.tests.factories import product_make, sku_make
from core import clock
from core.public_pages import public_pages_forget

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
WEEK_H = 7 * 24


def history(*steps, published_ago=900):
    """A SKU with prices (hours ago, fen); the last is the present one. Its product has been on sale
    for so many hours, or never was."""
    product = product_make(published=published_ago is not None)
    if published_ago is not None:
        Product.objects.update(published_at=clock.now() - published_ago * HOUR)
    sku = Sku.objects.create(
        store_id=product.store_id, product=product, name="x", price_fen=steps[-1][1]
    )
    product.skus.exclude(pk=sku.pk).update(removed_at=clock.now())
    now, before = clock.now(), None
    for ago, fen in steps:
        PriceChange.objects.create(
            store_id=sku.store_id,
            sku=sku,
            before_fen=before,
            after_fen=fen,
            changed_at=now - ago * HOUR,
        )
        before = fen
    return sku


@pytest.mark.parametrize(
    ("steps", "struck"),
    [
        ([(500, 880)], None),
        ([(500, 880), (1, 550)], 880),
        ([(500, 880), (1, 990)], None),
        # Raised yesterday to be cut today: the low price before is what counts.
        ([(500, 500), (24, 9900), (1, 600)], None),
        ([(500, 500), (24, 9900), (1, 400)], 500),
        # The low price ended exactly when the seven days began, or an hour later.
        ([(500, 500), (WEEK_H + 1, 900), (1, 600)], 900),
        ([(500, 500), (WEEK_H, 900), (1, 600)], None),
        # Step by step within the week: the step before.
        ([(500, 900), (60, 800), (1, 700)], 800),
        # Younger than a week: no week to compare with, however long a price stood in it.
        ([(3, 900), (1, 700)], None),
        ([(WEEK_H, 900), (1, 700)], None),
        ([(WEEK_H + 1, 900), (1, 700)], 900),
        # A price that lasted no time at all was never asked.
        ([(500, 900), (1, 650), (1, 600)], 900),
    ],
    ids=str,
)
def test_known_histories(steps, struck):
    sku = history(*steps)
    assert struck_prices_fen([sku.pk]).get(sku.pk) == struck
    assert product_page(sku.product.public_id).struck_fen == struck
    (card,) = product_cards(store_id=sku.store_id).cards
    assert card.struck_fen == struck


def asked(steps, hour):
    """The price that stood `hour` hours ago (a moment after the hour), or None."""
    return next((fen for ago, fen in reversed(steps) if ago >= hour), None)


@pytest.mark.parametrize("seed", range(40))
def test_any_history_agrees_with_walking_hour_by_hour(seed):
    dice = random.Random(seed)
    hours = sorted(dice.sample(range(1, 600), dice.randint(1, 12)), reverse=True)
    steps = [(ago, dice.randint(1, 20) * 100) for ago in hours]
    sku = history(*steps)
    began, present = steps[-1]
    # The week before, hour by hour: from the last hour before the price began.
    walked = [asked(steps, hour) for hour in range(began + 1, began + WEEK_H + 1)]
    lowest = None if None in walked else min(walked)
    expected = lowest if lowest is not None and lowest > present else None
    assert struck_prices_fen([sku.pk]).get(sku.pk) == expected
    # Never above a price that was asked that week, and always one that was.
    assert expected is None or expected in walked


def test_before_a_promotion_that_began_later():
    sku = history((500, 900), (100, 800), (10, 850))
    now = clock.now()
    assert struck_prices_fen([sku.pk]) == {}
    assert struck_prices_fen([sku.pk], before=now) == {sku.pk: 800}
    assert struck_prices_fen([sku.pk], before=now - 50 * HOUR) == {sku.pk: 800}
    assert struck_prices_fen([sku.pk], before=now - 200 * HOUR) == {sku.pk: 900}
    assert struck_prices_fen([sku.pk], before=now - 501 * HOUR) == {}


CUT = ((600, 900), (10, 700))


@pytest.mark.parametrize(
    ("published_ago", "struck"),
    [(700, 900), (10 + WEEK_H, 900), (9 + WEEK_H, None), (5, None), (None, None)],
)
def test_a_price_counts_only_while_its_product_was_on_sale(published_ago, struck):
    sku = history(*CUT, published_ago=published_ago)
    assert struck_prices_fen([sku.pk]).get(sku.pk) == struck
    before = struck_prices_fen([sku.pk], before=clock.now())
    # A promotion that begins now looks at the days until now.
    week_ago = published_ago is not None and published_ago >= WEEK_H
    assert before == ({sku.pk: 700} if week_ago else {})


def test_a_price_that_was_raised_while_it_was_off_sale_is_none():
    """Taken off, raised for a week, put on again and cut: nobody was ever asked the high price."""
    sku = history((600, 500), (300, 9900), (1, 600), published_ago=400)
    product, now = sku.product, clock.now()
    assert struck_prices_fen([sku.pk]) == {sku.pk: 9900}
    product_withdraw(product_id=product.pk, now=now)
    product_publish(product_id=product.pk, now=now)
    assert struck_prices_fen([sku.pk]) == {}


def test_a_price_counts_only_since_its_sale_began():
    sku = history(*CUT)
    Product.objects.update(on_sale_from=clock.now() - 100 * HOUR)
    assert struck_prices_fen([sku.pk]) == {}
    Product.objects.update(on_sale_from=clock.now() - 200 * HOUR)
    assert struck_prices_fen([sku.pk]) == {sku.pk: 900}


@pytest.mark.parametrize("shut", [{"on_sale_until": -100}, {"on_sale_from": 100}])
def test_a_price_that_was_raised_while_its_sale_was_over_is_none(shut):
    """Its times ended or began later, it was raised for a week, sold again and cut."""
    sku = history((600, 500), (300, 9900), (1, 600))
    now = clock.now()
    Product.objects.update(**{name: now + hours * HOUR for name, hours in shut.items()})
    product_times_keep(product_id=sku.product_id, begins=None, ends=None, now=now)
    assert struck_prices_fen([sku.pk]) == {}


def test_a_sale_that_goes_on_longer_loses_nothing():
    sku = history(*CUT)
    now = clock.now()
    Product.objects.update(on_sale_until=now + HOUR)
    product_times_keep(product_id=sku.product_id, begins=None, ends=now + 9 * HOUR, now=now)
    assert struck_prices_fen([sku.pk]) == {sku.pk: 900}
    product_times_keep(product_id=sku.product_id, begins=now + HOUR, ends=None, now=now)
    assert struck_prices_fen([sku.pk]) == {}


def test_a_matrix_that_was_priced_after_it_was_generated_strikes_nothing():
    product = product_make(price_fen=9900)
    Product.objects.update(published_at=clock.now() - 700 * HOUR)
    ProductOption.objects.create(
        store_id=product.store_id, product=product, name="颜色", values=["红", "黑"]
    )
    now = clock.now()
    assert skus_generate(product_id=product.pk, by_id=None, now=now) == 2
    for sku in product.skus.exclude(options=[]):
        sku_price_change(sku_id=sku.pk, price_fen=6600, by_id=None, now=now + HOUR)
        assert struck_prices_fen([sku.pk]) == {}


def test_publishing_again_what_is_on_sale_begins_nothing_anew():
    product = product_make()
    began = product.published_at
    product_publish(product_id=product.pk, now=began + HOUR)
    product.refresh_from_db()
    assert product.published_at == began


def test_many_skus_in_one_query(django_assert_num_queries):
    skus = [history((500, 900), (1, 800)) for _ in range(5)]
    with django_assert_num_queries(1):
        found = struck_prices_fen([sku.pk for sku in skus])
    assert found == {sku.pk: 900 for sku in skus}


def test_a_card_strikes_what_its_own_cheapest_sku_cost(client):
    product = product_make(price_fen=880)
    other = sku_make(product, price_fen=700)
    later = clock.now() + (WEEK_H + 1) * HOUR
    sku_price_change(sku_id=product.skus.first().pk, price_fen=660, by_id=None, now=later)
    path, store = f"/p/{product.public_id}/", f"/store/{product.store.slug}/"
    for page in (path, store):
        assert "¥8.80</del>" in client.get(page).content.decode()
    sku_price_change(sku_id=other.pk, price_fen=650, by_id=None, now=later)
    public_pages_forget()
    assert "¥7.00</del>" in client.get(store).content.decode()
    sku_price_change(sku_id=other.pk, price_fen=900, by_id=None, now=later + HOUR)
    sku_price_change(sku_id=product.skus.first().pk, price_fen=900, by_id=None, now=later + HOUR)
    public_pages_forget()
    for page in (path, store):
        assert "</del>" not in client.get(page).content.decode()
