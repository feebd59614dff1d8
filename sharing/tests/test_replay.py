"""What other windows would have said, from what was true when each order was placed."""

from datetime import timedelta

import pytest

from core import clock
from orders.models import Order
from orders.tests.factories import buy, deliver, pay, person, sku_on_sale, store_open
from sharing.models import Attribution
from sharing.replay import replay
from sharing.tests.factories import link_make, visit_make

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def store():
    return store_open()


@pytest.fixture
def sku(store):
    return sku_on_sale(store)


def bought(who, sku, *, at=None):
    """A paid order, attributed as its facts say; placed `at` then."""
    ref = buy(who, sku)
    if at is not None:
        Order.objects.filter(public_id=ref).update(placed_at=at)
    pay(ref)
    deliver()


def replayed(store):
    since = clock.now() - 60 * DAY
    return {
        row.days: (row.orders, row.moved)
        for row in replay(store.pk, since=since, now=clock.now()).windows
    }


def test_a_shorter_window_takes_away(store, sku):
    bob = person()
    visit_make(link_make(store=store), bob.user, at=clock.now() - 5 * DAY)
    bought(bob, sku)
    assert replayed(store) == {1: (0, 1), 3: (0, 1), 7: (1, 0), 15: (1, 0), 30: (1, 0)}


def test_a_longer_window_finds_what_the_rule_did_not(store, sku):
    bob = person()
    visit_make(link_make(store=store), bob.user, at=clock.now() - 10 * DAY)
    bought(bob, sku)
    assert not Attribution.objects.exists()
    assert replayed(store) == {1: (0, 0), 3: (0, 0), 7: (0, 0), 15: (1, 1), 30: (1, 1)}


def test_opening_the_link_again_after_the_order_changes_nothing(store, sku):
    """Opened on the first day and the ninth, ordered on the tenth, opened again on the twelfth."""
    bob, link, first = person(), link_make(store=store), clock.now() - 12 * DAY
    visit_make(link, bob.user, at=first)
    visit_make(link, bob.user, at=first + 8 * DAY)
    bought(bob, sku, at=first + 9 * DAY + timedelta(minutes=1))
    before = replayed(store)
    assert before == {1: (0, 1), 3: (1, 0), 7: (1, 0), 15: (1, 0), 30: (1, 0)}
    visit_make(link, bob.user, at=first + 11 * DAY)
    assert replayed(store) == before


def test_opening_it_again_changes_nothing_for_an_order_that_nobody_brought(store, sku):
    bob, link, first = person(), link_make(store=store), clock.now() - 40 * DAY
    visit_make(link, bob.user, at=first)
    visit_make(link, bob.user, at=first + 25 * DAY)
    bought(bob, sku, at=first + 35 * DAY)
    before = replayed(store)
    assert (before[7], before[15], before[30]) == ((0, 0), (1, 1), (1, 1))
    visit_make(link, bob.user, at=first + 39 * DAY)
    assert replayed(store) == before


def test_however_many_orders_it_takes_one_query(store, sku, django_assert_num_queries):
    for ago in (5, 5, 10, 10):
        bob = person()
        visit_make(link_make(store=store), bob.user, at=clock.now() - ago * DAY)
        bought(bob, sku)
    with django_assert_num_queries(1):
        found = replayed(store)
    assert (found[7], found[15]) == ((2, 0), (4, 2))


def test_it_says_how_many_of_the_newest_orders_it_looked_at(store, sku, monkeypatch):
    now = clock.now()
    for ago in (10, 5):
        bob = person()
        visit_make(link_make(store=store), bob.user, at=now - (ago + 2) * DAY)
        bought(bob, sku, at=now - ago * DAY)
    assert replay(store.pk, since=now - 60 * DAY, now=now).orders == 2
    bought(person(), sku, at=now - 20 * DAY)
    monkeypatch.setattr("sharing.replay.MAX_ORDERS", 1)
    found = replay(store.pk, since=now - 60 * DAY, now=now)
    assert found.orders == 1
    # The newest is the one that was placed last, not the one that was written last.
    assert replayed(store) == {1: (0, 1), 3: (1, 0), 7: (1, 0), 15: (1, 0), 30: (1, 0)}
    assert replay(store_open().pk, since=now - 60 * DAY, now=now).orders == 0
