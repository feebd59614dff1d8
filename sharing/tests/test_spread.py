"""What a merchant is told of sharing: sources, and who brought whom."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection

from accounts.models import User
from accounts.tests.factories import user_make
from core import clock
from orders.services import OrderItem, order_line_cancel
from orders.tests.factories import (
    FREIGHT_FEN,
    LIST_FEN,
    buy,
    deliver,
    paid_make,
    pay,
    person,
    sku_on_sale,
    store_open,
)
from sharing.sources import sources
from sharing.spread import MAX_NODES, Pages, over_at, shared_pages, spread
from sharing.tests.factories import link_make, visit_make

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


def picture(store, *refs):
    return spread(store.pk, pages=Pages(refs) if refs else None, since=since(), now=clock.now())


def ordered(found):
    """Level by level: its number, its people, and their orders."""
    return [(one.number, one.people, one.orders) for one in found.levels]


def test_sources_say_who_came_and_what_they_paid(store):
    sku = sku_on_sale(store)
    alice, bob, cara = person(), person(), person()
    friend = link_make(alice.user, store)
    poster = link_make(alice.user, store, channel="poster")
    group = link_make(alice.user, store, target_kind="group")
    for kind in ("bargain", "flash"):
        visit_make(link_make(alice.user, store, target_kind=kind))
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
        "砍价页分享": (1, 0),
        "秒杀页分享": (1, 0),
        "直接打开": (1, 1),
    }
    rows = sources(store.pk, since=since(), now=clock.now())
    percents = {row.label: row.percent for row in rows}
    assert (percents["微信好友或群"], percents["直接打开"]) == ("50.0%", "100.0%")
    assert sources(store_open().pk, since=since(), now=clock.now()) == ()


def test_an_order_that_went_back_is_no_conversion(store):
    from orders.services import order_cancel
    from tests import cast

    sku = sku_on_sale(store)
    ref = bought(person(), sku)
    order_cancel(order_id=cast.order_of(ref).pk, reason="断货", now=clock.now())
    (row,) = sources(store.pk, since=since(), now=clock.now())
    assert (row.label, row.people, row.orders, row.percent) == ("直接打开", 1, 0, "0.0%")


def test_a_line_that_went_back_is_no_money_kept(store):
    kept, gone = sku_on_sale(store), sku_on_sale(store)
    order = paid_make(kept, items=[OrderItem(kept.pk, 1), OrderItem(gone.pk, 1)])
    order_line_cancel(
        order_id=order.pk,
        line_id=order.lines.get(sku=gone).pk,
        reason="断货",
        by_id=None,
        now=clock.now(),
    )
    (row,) = sources(store.pk, since=since(), now=clock.now())
    assert (row.orders, row.kept_fen) == (1, LIST_FEN + FREIGHT_FEN)


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
    levels = [(one.number, one.people, one.k) for one in found.levels]
    assert levels == [(0, 1, 2.0), (1, 2, 1.0), (2, 2, None)]
    assert (found.people, found.sharers, found.k) == (5, 2, 1.0)
    tree = {node.user_id: (node.level, node.brought, node.parent) for node in found.nodes}
    assert tree[alice.pk] == (0, 2, None)
    assert tree[bob.pk] == (1, 2, alice.pk)
    assert picture(store, "pro_nothing").people == 0


def people_make(number):
    """Shoppers in one statement."""
    return User.objects.bulk_create(User() for _ in range(number))


def brought(store, pairs):
    """(who brought, who was brought), one after the other."""
    begun = clock.now() - DAY
    for n, (sharer, visitor) in enumerate(pairs):
        link = link_make(sharer, store, ref="pro_test0000000000000001")
        visit_make(link, visitor, at=begun + timedelta(seconds=n))


def test_what_grows_by_itself_has_a_k_far_above_one(store):
    """One seed brings twenty, each of whom brings ten."""
    seed, *others = people_make(221)
    first, second = others[:20], others[20:]
    brought(
        store,
        [(seed, one) for one in first] + [(first[n % 20], one) for n, one in enumerate(second)],
    )
    found = picture(store)
    assert [(one.people, one.k) for one in found.levels] == [(1, 20.0), (20, 10.0), (200, None)]
    assert found.k == 10.0


def test_a_chain_has_a_k_of_one(store):
    chain = people_make(20)
    brought(store, list(pairwise(chain)))
    found = picture(store)
    assert [one.k for one in found.levels] == [1.0] * 19 + [None]
    assert found.k == 1.0


def test_what_stops_has_a_k_below_one_however_many_its_seed_brought(store):
    seed, *others = people_make(22)
    brought(store, [(seed, one) for one in others[:20]])
    assert picture(store).k == 0.0
    brought(store, [(others[0], others[20])])
    assert picture(store).k == 0.05


def test_circles_bring_nobody(store):
    alice, bob = user_make(), user_make()
    visit_make(link_make(alice, store), bob, at=clock.now() - 2 * DAY)
    visit_make(link_make(bob, store), alice, at=clock.now() - DAY)
    found = picture(store)
    assert (found.people, found.k) == (2, 0.0)


def test_the_picture_stays_small_however_many_there_are(store):
    for _ in range(MAX_NODES + 10):
        visit_make(link_make(user_make(), store), user_make())
    found = picture(store)
    assert found.people == 2 * (MAX_NODES + 10)
    assert len(found.nodes) <= MAX_NODES + 1


def test_whoever_brought_only_guests_is_in_the_picture(store):
    alice = user_make(nickname="爱丽丝")
    visit_make(link_make(alice, store))
    found = picture(store)
    assert [(one.number, one.people) for one in found.levels] == [(0, 1), (1, 1)]
    assert (found.people, found.sharers, found.k) == (2, 1, 0.0)
    assert [(node.user_id, node.level, node.brought) for node in found.nodes] == [(alice.pk, 0, 1)]


def test_orders_count_where_these_shares_brought_them(store):
    sku = sku_on_sale(store)
    alice, bob, cara = person(), person(), person()
    page, other = link_make(alice.user, store), link_make(alice.user, store)
    visit_make(page, bob.user)
    visit_make(page, cara.user)
    bought(bob, sku)
    # Cara opens another page before she buys: that one brought her order.
    visit_make(other, cara.user, at=clock.now())
    bought(cara, sku)
    bought(alice, sku)
    orders = [(one.number, one.orders) for one in picture(store, page.target_ref).levels]
    assert orders == [(0, 0), (1, 1)]
    assert [(one.number, one.orders) for one in picture(store).levels] == [(0, 0), (1, 2)]


def test_pages_of_somebody_say_whose_they_are(store):
    alice = user_make(nickname="爱丽丝")
    showcase = link_make(alice, store, target_kind="showcase", ref="sha_1")
    visit_make(showcase)
    visit_make(link_make(alice, store, target_kind="group"))
    (page,) = shared_pages(store.pk, since=since())
    assert (page.ref, page.label, page.sharer) == ("sha_1", "橱窗", "爱**")
    assert shared_pages(store_open().pk, since=since()) == ()


def test_whoever_began_it_stays_first_however_it_comes_back(store):
    """Three in a circle, and a fourth who shares it with the one who began it, later."""
    alice, bob, cara, dan = people_make(4)
    brought(store, [(alice, bob), (bob, cara), (cara, alice), (dan, alice)])
    found = picture(store)
    assert [(one.number, one.people) for one in found.levels] == [(0, 1), (1, 1), (2, 1)]
    tree = {node.user_id: (node.level, node.parent) for node in found.nodes}
    assert tree == {alice.pk: (0, None), bob.pk: (1, alice.pk)}


def test_of_a_circle_the_opening_that_came_last_brings_nobody(store):
    """Bob and Cara send it to one another, and Alice sends it to Bob: before that, or after it."""
    alice, bob, cara, dora, eve, finn = people_make(6)
    brought(store, [(bob, cara), (alice, bob), (cara, bob)])
    assert [one.people for one in picture(store).levels] == [1, 1, 1]
    brought(other := store_open(), [(eve, finn), (finn, eve), (dora, eve)])
    found = picture(other)
    assert [one.people for one in found.levels] == [1, 1]
    assert found.nodes[0].user_id == eve.pk


def test_nobody_is_left_out_however_many_came(store):
    link = link_make(store=store)
    ago = clock.now() - DAY
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sharing_visit (store_id, link_id, guest, first_at, last_at, count) "
            "SELECT %s, %s, 'guest' || n, %s, %s, 1 FROM generate_series(1, 100001) n",
            [store.pk, link.pk, ago, ago],
        )
    visit_make(link, user_make())
    found = picture(store)
    assert [one.people for one in found.levels] == [1, 100_002]
    assert (found.people, found.sharers) == (100_003, 1)


def test_whoever_came_before_and_came_again_is_there_with_their_order(store):
    bob, link = person(), link_make(store=store)
    for ago in (40, 1):
        visit_make(link, bob.user, at=clock.now() - ago * DAY)
    # The first share that somebody opened brought them, if it was opened again in the time.
    visit_make(link_make(store=store), bob.user, at=clock.now() - 2 * DAY)
    bought(bob, sku_on_sale(store))
    (row,) = sources(store.pk, since=since(), now=clock.now())
    assert (row.people, row.orders) == (1, 1)
    found = picture(store)
    assert ordered(found) == [(0, 1, 0), (1, 1, 1)]
    assert found.nodes[0].user_id == link.sharer_id
    assert link.target_ref in [page.ref for page in shared_pages(store.pk, since=since())]


def test_whoever_came_before_and_bought_in_the_time_is_there_with_their_order(store):
    bob, now = person(), clock.now()
    visit_make(link_make(store=store), bob.user, at=now - 2 * DAY)
    visit_make(link_make(store=store), user_make(), at=now - 2 * DAY)
    bought(bob, sku_on_sale(store))
    found = spread(store.pk, pages=None, since=now - DAY, now=clock.now())
    assert ordered(found) == [(0, 1, 0), (1, 1, 1)]


def test_goods_count_until_a_campaign_was_over_and_its_own_pages_after_it(store):
    sku, alice, now = sku_on_sale(store), user_make(), clock.now()
    goods, own = link_make(alice, store), link_make(alice, store, target_kind="group")
    over = now - 10 * DAY
    cara, dan, eve = person(), person(), person()
    visit_make(goods, user_make(), at=over - DAY)
    visit_make(goods, cara.user, at=over + 6 * DAY)
    visit_make(own, dan.user, at=over + 6 * DAY)
    visit_make(goods, eve.user, at=over - DAY)
    visit_make(goods, eve.user, at=over + 6 * DAY)
    for who in (cara, dan, eve):
        bought(who, sku)

    def until(at, *, since=now - 30 * DAY):
        pages = Pages([own.target_ref], [goods.target_ref], at)
        return ordered(spread(store.pk, pages=pages, since=since, now=clock.now()))

    assert until(over) == [(0, 1, 0), (1, 3, 1)]
    assert until(None) == [(0, 1, 0), (1, 4, 3)]
    # What was opened before and after it is not known to have been opened during it.
    assert until(over + 4 * DAY, since=over + DAY) == [(0, 1, 0), (1, 1, 1)]


def test_a_campaign_is_over_at_its_end_or_when_it_was_stopped_before():
    now = clock.now()
    assert over_at(now - DAY, now - DAY / 2, now=now) == now - DAY
    assert over_at(now + DAY, now - DAY, now=now) == now - DAY
    assert over_at(now - DAY, None, now=now) == now - DAY
    assert over_at(now + DAY, None, now=now) is None
