"""A struck-through price is one that was really asked, and the lowest of the week before."""

import random
from datetime import timedelta

import pytest

from catalog.models import PriceChange, Sku
from catalog.queries import product_cards, product_page, struck_prices_fen
from catalog.services import sku_price_change
from catalog.tests.factories import product_make, sku_make
from core import clock
from core.public_pages import public_pages_forget

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
WEEK_H = 7 * 24


def history(*steps):
    """A SKU with prices (hours ago, fen); the last is the present one."""
    product = product_make()
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
        # Younger than a week.
        ([(3, 900), (1, 700)], 900),
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
    lowest = min((fen for fen in walked if fen is not None), default=None)
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


def test_many_skus_in_one_query(django_assert_num_queries):
    skus = [history((500, 900), (1, 800)) for _ in range(5)]
    with django_assert_num_queries(1):
        found = struck_prices_fen([sku.pk for sku in skus])
    assert found == {sku.pk: 900 for sku in skus}


def test_a_card_strikes_what_its_own_cheapest_sku_cost(client):
    product = product_make(price_fen=880)
    other = sku_make(product, price_fen=700)
    later = clock.now() + HOUR
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
