"""Links, visits, and which share brought an order."""

from datetime import timedelta

import pytest

from accounts.tests.factories import user_make
from core import clock
from core.guests import guest_cookie
from orders.models import Order
from sharing.models import Attribution, ShareLink, Visit
from sharing.queries import order_source
from sharing.services import link_for, order_attribute, visit_record, visits_adopt
from tests import cast

pytestmark = pytest.mark.django_db


def link(sharer, store, *, ref="pro_1", channel="friend"):
    return link_for(
        sharer_id=sharer.pk,
        store_id=store.pk,
        target_kind="product",
        target_ref=ref,
        path=f"/p/{ref}/",
        channel=channel,
        now=clock.now(),
    )


def visit(made, *, who=None, guest="", now=None):
    return visit_record(
        token=made.token, visitor_id=who.pk if who else None, guest=guest, now=now or clock.now()
    )


def attribute(ref):
    order = cast.order_of(ref)
    return order_attribute(
        order_id=order.pk,
        store_id=order.store_id,
        buyer_id=order.buyer_id,
        placed_at=order.placed_at,
        now=clock.now(),
    )


@pytest.fixture
def store():
    return cast.store_open()


@pytest.fixture
def alice():
    return user_make(nickname="Alice")


def test_one_link_per_person_target_and_channel(store, alice):
    first = link(alice, store)
    assert link(alice, store).token == first.token
    assert link(alice, store, channel="moments").token != first.token
    assert link(user_make(), store).token != first.token
    assert ShareLink.objects.count() == 3
    assert len(first.token) == 12


def test_visits_are_counted_per_person_and_per_guest(store, alice):
    made, bob = link(alice, store), user_make()
    assert all([visit(made, who=bob), visit(made, who=bob), visit(made, guest="g" * 26)])
    assert sorted(Visit.objects.values_list("count", flat=True)) == [1, 2]


def test_own_visits_and_unknown_links_do_not_count(store, alice):
    made = link(alice, store)
    assert not visit(made, who=alice)
    assert not visit_record(token="nobody", visitor_id=alice.pk, guest="", now=clock.now())
    assert not visit(made)
    assert Visit.objects.count() == 0


def test_the_last_touch_within_the_window_gets_the_order(store, alice):
    bob, carol = cast.person(), user_make()
    sku = cast.sku_on_sale(store)
    now = clock.now()
    visit(link(alice, store), who=bob.user, now=now - timedelta(days=2))
    visit(link(carol, store), who=bob.user, now=now - timedelta(days=1))
    ref = cast.buy(bob, sku)
    assert attribute(ref)
    row = Attribution.objects.get()
    assert (row.sharer, row.rule) == (carol, "v1:last-touch:7d")
    assert [touch["sharer"] for touch in row.chain] == [alice.pk, carol.pk]
    assert not attribute(ref)
    assert Attribution.objects.count() == 1
    assert order_source(cast.order_of(ref).pk).sharer_id == carol.pk


@pytest.mark.parametrize("days", [7, 8, 30])
def test_an_old_touch_gets_nothing(store, alice, days):
    bob = cast.person()
    visit(link(alice, store), who=bob.user, now=clock.now() - timedelta(days=days))
    ref = cast.buy(bob, cast.sku_on_sale(store))
    assert not attribute(ref)
    assert order_source(cast.order_of(ref).pk) is None


def test_a_touch_in_another_store_gets_nothing(store, alice):
    bob = cast.person()
    visit(link(alice, cast.store_open("陶坊")), who=bob.user)
    assert not attribute(cast.buy(bob, cast.sku_on_sale(store)))


def test_a_touch_after_the_order_gets_nothing(store, alice):
    bob = cast.person()
    ref = cast.buy(bob, cast.sku_on_sale(store))
    Order.objects.update(placed_at=clock.now() - timedelta(hours=1))
    visit(link(alice, store), who=bob.user)
    assert not attribute(ref)


def test_signing_in_adopts_the_guests_visits(store, alice):
    made, bob = link(alice, store), cast.person()
    visit(made, guest="g" * 26)
    assert visits_adopt(guest="g" * 26, visitor_id=bob.id, now=clock.now()) == 1
    assert visits_adopt(guest="g" * 26, visitor_id=bob.id, now=clock.now()) == 0
    assert attribute(cast.buy(bob, cast.sku_on_sale(store)))
    assert Attribution.objects.get().sharer == alice


def test_adopted_visits_merge_and_own_ones_vanish(store, alice):
    bob = cast.person()
    hers, his = link(alice, store), link(bob.user, store)
    visit(hers, who=bob.user)
    visit(hers, guest="g" * 26)
    visit(his, guest="g" * 26)
    visits_adopt(guest="g" * 26, visitor_id=bob.id, now=clock.now())
    row = Visit.objects.get()
    assert (row.visitor_id, row.count, row.guest) == (bob.id, 2, "")


def test_a_login_adopts_by_the_cookie(store, alice, client):
    made, bob = link(alice, store), cast.person()
    visit(made, guest="g" * 26)
    client.force_login(bob.user)
    # force_login sends its signal with a request of its own, without cookies: a real one has them.
    from django.contrib.auth.signals import user_logged_in
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.COOKIES["guest"] = guest_cookie("g" * 26)
    user_logged_in.send(sender=type(bob.user), request=request, user=bob.user)
    assert Visit.objects.get().visitor_id == bob.id
