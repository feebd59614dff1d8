"""Which share brought an order, when facts are late and people share in circles."""

from datetime import timedelta

import pytest

from accounts.tests.factories import user_make
from core import clock
from core.deliveries import delivery_attempt
from core.models import Delivery
from orders.models import Order
from orders.tests.factories import buy, person, sku_on_sale, store_open
from sharing.models import Attribution
from sharing.services import order_attribute
from sharing.tests.factories import link_make, visit_make

pytestmark = pytest.mark.django_db

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def store():
    return store_open()


@pytest.fixture
def sku(store):
    return sku_on_sale(store)


@pytest.fixture
def bob():
    return person("Bob")


def attribute(order):
    return order_attribute(
        order_id=order.pk,
        store_id=order.store_id,
        buyer_id=order.buyer_id,
        placed_at=order.placed_at,
        now=clock.now(),
    )


def placed(bob, sku, *, ago=timedelta(0)):
    order = Order.objects.get(public_id=buy(bob, sku))
    order.placed_at = clock.now() - ago
    order.save(update_fields=["placed_at"])
    return order


def test_the_fact_of_an_order_is_what_writes_it(store, sku, bob):
    link = link_make(store=store)
    visit_make(link, bob.user)
    order = placed(bob, sku)
    delivery = Delivery.objects.get(subscriber="sharing.order_placed")
    assert delivery_attempt(delivery.pk, now=clock.now())
    row = Attribution.objects.get()
    assert (row.order_id, row.link_id, row.sharer_id) == (order.pk, link.pk, link.sharer_id)


def test_an_order_that_nobody_brought_has_none(sku, bob):
    order = placed(bob, sku)
    assert not attribute(order)
    assert not Attribution.objects.filter(order=order).exists()


def test_a_delay_of_the_fact_changes_nothing(store, sku, bob):
    """Alice's link was opened again after the order: Carol's was still the last one before it."""
    now = clock.now()
    alice, carol = link_make(store=store), link_make(store=store)
    visit_make(alice, bob.user, at=now - 5 * AN_HOUR)
    visit_make(carol, bob.user, at=now - 3 * AN_HOUR)
    order = placed(bob, sku, ago=2 * AN_HOUR)
    visit_make(alice, bob.user, at=now - AN_HOUR)
    assert attribute(order)
    row = Attribution.objects.get()
    assert row.link == carol
    assert [touch["link"] for touch in row.chain] == [alice.token, carol.token]
    assert all(touch["last_at"] <= order.placed_at.isoformat() for touch in row.chain)


def test_a_visit_from_before_the_window_is_not_renewed_by_one_after_the_order(store, sku, bob):
    now = clock.now()
    link = link_make(store=store)
    visit_make(link, bob.user, at=now - timedelta(days=30))
    order = placed(bob, sku, ago=2 * AN_HOUR)
    visit_make(link, bob.user, at=now - AN_HOUR)
    assert not attribute(order)


def test_a_visit_repeated_before_the_order_counts_as_of_the_last_time(store, sku, bob):
    now = clock.now()
    link = link_make(store=store)
    visit_make(link, bob.user, at=now - timedelta(days=30))
    visit_make(link, bob.user, at=now - AN_HOUR)
    assert attribute(placed(bob, sku))


def test_whom_one_brought_oneself_brings_one_nowhere(store, sku, bob):
    """Bob shows Alice the dates, Alice sends the same page back, Bob buys: nobody brought Bob."""
    alice, now = user_make(nickname="Alice"), clock.now()
    visit_make(link_make(bob.user, store, ref="dates"), alice, at=now - 3 * AN_HOUR)
    visit_make(link_make(alice, store, ref="dates"), bob.user, at=now - 2 * AN_HOUR)
    assert not attribute(placed(bob, sku))


def test_nor_does_a_longer_circle(store, sku, bob):
    alice, carol, now = user_make(), user_make(), clock.now()
    visit_make(link_make(bob.user, store, ref="dates"), alice, at=now - 4 * AN_HOUR)
    visit_make(link_make(alice, store, ref="dates"), carol, at=now - 3 * AN_HOUR)
    visit_make(link_make(carol, store, ref="dates"), bob.user, at=now - 2 * AN_HOUR)
    assert not attribute(placed(bob, sku))


def test_sending_a_page_back_afterwards_takes_nothing_from_who_was_first(store, sku, bob):
    alice, now = user_make(nickname="Alice"), clock.now()
    visit_make(link_make(alice, store, ref="dates"), bob.user, at=now - 3 * AN_HOUR)
    visit_make(link_make(bob.user, store, ref="dates"), alice, at=now - 2 * AN_HOUR)
    assert attribute(placed(bob, sku))
    assert Attribution.objects.get().sharer == alice


def test_another_page_is_no_circle(store, sku, bob):
    alice, now = user_make(nickname="Alice"), clock.now()
    visit_make(link_make(bob.user, store, ref="dates"), alice, at=now - 3 * AN_HOUR)
    visit_make(link_make(alice, store, ref="walnuts"), bob.user, at=now - 2 * AN_HOUR)
    assert attribute(placed(bob, sku))


def test_a_circle_is_left_out_and_the_touch_before_it_counts(store, sku, bob):
    alice, carol, now = user_make(), user_make(), clock.now()
    visit_make(link_make(carol, store, ref="dates"), bob.user, at=now - 4 * AN_HOUR)
    visit_make(link_make(bob.user, store, ref="dates"), alice, at=now - 3 * AN_HOUR)
    visit_make(link_make(alice, store, ref="dates"), bob.user, at=now - 2 * AN_HOUR)
    assert attribute(placed(bob, sku))
    row = Attribution.objects.get()
    assert row.sharer == carol
    assert [touch["sharer"] for touch in row.chain] == [carol.pk]


def test_the_chain_keeps_the_last_ten_touches(store, sku, bob):
    now = clock.now()
    links = [link_make(store=store) for _ in range(12)]
    for hours, link in enumerate(links):
        visit_make(link, bob.user, at=now - hours * AN_HOUR)
    assert attribute(placed(bob, sku))
    chain = Attribution.objects.get().chain
    assert [touch["link"] for touch in chain] == [link.token for link in reversed(links[:10])]


def test_an_order_is_attributed_once_in_eight_statements(
    store, sku, bob, django_assert_num_queries
):
    visit_make(link_make(store=store), bob.user)
    order = placed(bob, sku)
    # The store's window, two looks at touches, the row and its fact between savepoints.
    with django_assert_num_queries(8):
        assert attribute(order)
    with django_assert_num_queries(1):
        assert not attribute(order)
    assert Attribution.objects.count() == 1
