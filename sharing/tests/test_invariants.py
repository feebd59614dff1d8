"""For every invariant the corruption is planted, and seen by name."""

from datetime import timedelta

import pytest

from accounts.tests.factories import user_make
from core import clock
from core.invariants import audit
from orders.models import Order
from orders.tests.factories import buy, person, sku_on_sale, store_open
from sharing.models import Attribution, ShareLink, Visit
from sharing.services import order_attribute
from sharing.tests.factories import link_make, visit_make
from stores.tests.factories import store_make

pytestmark = pytest.mark.django_db

NAMES = ("sharing.visits", "sharing.attributions", "sharing.chains")


def broken():
    return {(one.invariant, one.row) for one in audit(now=clock.now(), names=NAMES)}


@pytest.fixture
def order():
    """An order that a share brought; a guest has been here, too."""
    store, bob = store_open(), person("Bob")
    link = link_make(store=store)
    visit_make(link, bob.user)
    visit_make(link)
    made = Order.objects.get(public_id=buy(bob, sku_on_sale(store)))
    assert order_attribute(
        order_id=made.pk,
        store_id=store.pk,
        buyer_id=bob.id,
        placed_at=made.placed_at,
        now=clock.now(),
    )
    return made


@pytest.fixture
def visit(order):
    return Visit.objects.get(visitor_id=order.buyer_id)


def test_what_the_services_write_is_sound(order):
    assert broken() == set()


@pytest.mark.parametrize(
    "corruption",
    [
        {"visitor_id": None},
        {"guest": "g" * 26},
        {"last_at": clock.now() - timedelta(days=1)},
    ],
)
def test_a_visit_that_is_nobodys_or_two_peoples_or_ends_before_it_began(visit, corruption):
    Visit.objects.filter(pk=visit.pk).update(**corruption)
    assert broken() == {("sharing.visits", f"visit {visit.pk}")}


def test_a_visit_through_ones_own_link(visit):
    Visit.objects.filter(pk=visit.pk).update(visitor=visit.link.sharer)
    assert broken() == {("sharing.visits", f"visit {visit.pk}")}


def test_a_visit_in_another_store_than_its_link(visit):
    Visit.objects.filter(pk=visit.pk).update(store=store_make())
    assert broken() == {("sharing.visits", f"visit {visit.pk}")}


def test_an_attribution_to_somebody_elses_link(order):
    Attribution.objects.update(sharer=user_make())
    assert broken() == {("sharing.attributions", f"order {order.public_id}")}


def test_a_buyer_who_brought_the_own_order(order):
    ShareLink.objects.update(sharer=order.buyer)
    Attribution.objects.update(sharer=order.buyer)
    assert ("sharing.attributions", f"order {order.public_id}") in broken()


def test_an_attribution_in_another_store(order):
    Attribution.objects.update(store=store_make())
    assert broken() == {("sharing.attributions", f"order {order.public_id}")}


def test_an_attribution_that_is_not_its_chains_last_touch(order):
    other = link_make(ShareLink.objects.get().sharer, order.store)
    Attribution.objects.update(link=other)
    assert broken() == {("sharing.chains", f"order {order.public_id}")}


@pytest.mark.parametrize("ago", [timedelta(days=7, seconds=1), timedelta(seconds=-60)])
def test_a_last_touch_outside_the_window(order, ago):
    row = Attribution.objects.get()
    row.chain[-1]["last_at"] = (order.placed_at - ago).isoformat()
    row.save(update_fields=["chain"])
    assert broken() == {("sharing.chains", f"order {order.public_id}")}


@pytest.mark.parametrize(
    ("rule", "sound"), [("v1:last-touch:15d", True), ("v1:last-touch:3d", False)]
)
def test_every_attribution_is_held_to_the_window_of_its_own_rule(order, rule, sound):
    row = Attribution.objects.get()
    row.chain[-1]["last_at"] = (order.placed_at - timedelta(days=10 if sound else 5)).isoformat()
    row.rule = rule
    row.save(update_fields=["chain", "rule"])
    assert broken() == (set() if sound else {("sharing.chains", f"order {order.public_id}")})


def test_an_attribution_without_a_chain(order):
    Attribution.objects.update(chain=[])
    assert broken() == {("sharing.chains", f"order {order.public_id}")}


def test_a_rule_that_is_not_ours_any_more_explains_its_own_chain(order):
    Attribution.objects.update(chain=[], rule="v0:first-touch")
    assert broken() == set()
