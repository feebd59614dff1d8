"""What a merchant is told of sharing: sources, other windows, and who brought whom."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.tests.factories import user_make
from core import clock
from orders.tests.factories import buy, deliver, pay, person, sku_on_sale, store_open
from sharing.models import Attribution
from sharing.spread import MAX_NODES, replay, sources, spread, targets
from sharing.tests.factories import link_make, visit_make
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def store():
    return store_open()


def since():
    return clock.now() - 30 * DAY


def bought(who, sku):
    """A paid order, attributed as its facts say."""
    ref = buy(who, sku)
    pay(ref)
    deliver()
    return ref


def picture(store, target=""):
    return spread(store.pk, target=target, since=since(), now=clock.now())


def test_sources_say_who_came_and_what_they_paid(store):
    sku = sku_on_sale(store)
    alice, bob, cara = person(), person(), person()
    friend = link_make(alice.user, store)
    poster = link_make(alice.user, store, channel="poster")
    group = link_make(alice.user, store, target_kind="group")
    visit_make(friend, bob.user)
    visit_make(friend)
    visit_make(poster)
    visit_make(group, cara.user)
    bought(bob, sku)
    bought(cara, sku)
    bought(person(), sku)
    found = {
        row.label: (row.people, row.orders)
        for row in sources(store.pk, since=since(), now=clock.now())
    }
    assert found == {
        "微信好友或群": (2, 1),
        "海报": (1, 0),
        "拼团页分享": (1, 1),
        "直接打开": (0, 1),
    }
    rows = sources(store.pk, since=since(), now=clock.now())
    percents = {row.label: row.percent for row in rows}
    assert (percents["微信好友或群"], percents["直接打开"]) == ("50.0%", "—")
    assert sources(store_open().pk, since=since(), now=clock.now()) == ()


def test_an_order_that_went_back_is_no_conversion(store):
    from orders.services import order_cancel
    from tests import cast

    sku = sku_on_sale(store)
    ref = bought(person(), sku)
    order_cancel(order_id=cast.order_of(ref).pk, reason="断货", now=clock.now())
    assert sources(store.pk, since=since(), now=clock.now()) == ()


def test_other_windows_say_whom_they_would_credit(store):
    sku = sku_on_sale(store)
    alice, bob = person(), person()
    visit_make(link_make(alice.user, store), bob.user, at=clock.now() - 5 * DAY)
    bought(bob, sku)
    found = {
        row.days: (row.orders, row.moved)
        for row in replay(store.pk, since=since(), now=clock.now())
    }
    # Within seven days it counts today; a window of three would take it away.
    assert found == {1: (0, 1), 3: (0, 1), 7: (1, 0), 15: (1, 0), 30: (1, 0)}


def test_a_longer_window_finds_what_the_rule_did_not(store):
    sku = sku_on_sale(store)
    alice, bob = person(), person()
    visit_make(link_make(alice.user, store), bob.user, at=clock.now() - 10 * DAY)
    bought(bob, sku)
    assert not Attribution.objects.exists()
    found = {
        row.days: (row.orders, row.moved)
        for row in replay(store.pk, since=since(), now=clock.now())
    }
    assert (found[7], found[15]) == ((0, 0), (1, 1))
    assert not Attribution.objects.exists()


def test_who_brought_whom_level_by_level(store):
    alice, bob, cara, dan = (user_make(nickname=name) for name in ("爱丽", "小波", "卡拉", "阿丹"))
    page = "pro_test0000000000000001"
    from_alice = link_make(alice, store, ref=page)
    from_bob = link_make(bob, store, ref=page)
    visit_make(from_alice, bob, at=clock.now() - 3 * DAY)
    visit_make(from_alice, cara, at=clock.now() - 3 * DAY)
    visit_make(from_bob, dan, at=clock.now() - 2 * DAY)
    # The second share that somebody opens brings nobody again; a guest counts once.
    visit_make(from_bob, cara, at=clock.now() - DAY)
    visit_make(from_bob, guest="g" * 26)
    visit_make(from_alice, guest="g" * 26)
    found = picture(store, page)
    assert [(one.number, one.people) for one in found.levels] == [(0, 1), (1, 2), (2, 2)]
    assert (found.people, found.sharers, found.k) == (5, 2, 0.8)
    tree = {node.user_id: (node.level, node.brought, node.parent) for node in found.nodes}
    assert tree[alice.pk] == (0, 2, None)
    assert tree[bob.pk] == (1, 2, alice.pk)
    assert picture(store, "pro_nothing").people == 0


def test_circles_bring_nobody(store):
    alice, bob = user_make(), user_make()
    visit_make(link_make(alice, store), bob, at=clock.now() - 2 * DAY)
    visit_make(link_make(bob, store), alice, at=clock.now() - DAY)
    found = picture(store)
    assert (found.people, found.k) == (2, 0.5)


def test_the_picture_stays_small_however_many_there_are(store):
    for _ in range(MAX_NODES + 10):
        visit_make(link_make(user_make(), store), user_make())
    found = picture(store)
    assert found.people == 2 * (MAX_NODES + 10)
    assert len(found.nodes) <= MAX_NODES + 1


def test_the_page_shows_the_own_store_alone(client, store):
    alice, bob = user_make(nickname="爱丽丝"), user_make()
    link = link_make(alice, store)
    visit_make(link, bob)
    client.force_login(staff_make(store).user)
    url = reverse("admin:sharing_sharelink_spread")
    text = client.get(url, {"target": link.target_ref, "days": "7"}).content.decode()
    assert "传到 2 人" in text and "爱**" in text and "<svg" in text
    assert [ref for ref, _label in targets(store.pk, since=since())] == [link.target_ref]
    client.force_login(staff_make(store_open()).user)
    assert "爱**" not in client.get(url, {"target": link.target_ref}).content.decode()


@pytest.mark.parametrize("asked", [{"days": "x"}, {"days": "-1"}, {"target": "'" * 100}])
def test_what_makes_no_sense_is_the_usual_page(client, store, asked):
    client.force_login(staff_make(store).user)
    assert client.get(reverse("admin:sharing_sharelink_spread"), asked).status_code == 200
