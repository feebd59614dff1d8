"""Who came without a share, by the search or by themselves, is counted: a guest once signed in, and
never instead of a share."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory

from accounts.models import User
from campaigns.bargain.tests.factories import campaign_make, launch
from campaigns.flash.tests.factories import offer_make
from campaigns.groupbuy.models import Group
from community.tests.factories import entry_make
from core import clock
from core.guests import guest_cookie
from core.public_pages import public_pages_forget
from orders.models import Order
from sharers.tests.factories import plan_make, sharer_make
from sharing import arrivals, pages
from sharing.arrivals import (
    AWHILE,
    arrival_record,
    arrival_record_alone,
    arrival_record_buyer,
    arrivals_adopt,
    arrivals_fold,
)
from sharing.models import Arrival, AttributionWindow, Visit
from sharing.sign_in import guest_adopt
from sharing.sources import sources
from sharing.tests.factories import GUEST_LENGTH, link_make, visit_make
from tests import cast

pytestmark = pytest.mark.django_db

GUEST = "g" * GUEST_LENGTH
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
WEEK = 7 * DAY
SEARCH, DIRECT = "search", "direct"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def empty():
    cache.clear()


@pytest.fixture
def store():
    return cast.store_open()


def rows(source=DIRECT):
    return Arrival.objects.filter(source=source)


def told(store):
    found = sources(store.pk, since=clock.now() - 30 * DAY, now=clock.now())
    return {row.label: (row.people, row.orders) for row in found}


def bought(who, sku):
    cast.pay(cast.buy(who, sku))
    cast.deliver()


def who(kind):
    """A person, or a guest's cookie, as arrivals are told of one; and as visits are."""
    if kind == "guest":
        return {"visitor_id": None, "guest": GUEST}, {"guest": GUEST}
    user = cast.person().user
    return {"visitor_id": user.pk, "guest": ""}, {"who": user}


def alone(store, reader, *, at=None):
    return arrival_record_alone(store_id=store.pk, **reader, now=at or clock.now())


def searched(store, reader, *, at=None):
    arrival_record(source=SEARCH, store_id=store.pk, **reader, now=at or clock.now())


# --- by the search ---
def test_a_guest_who_searched_signed_in_and_bought_came_by_the_search(client):
    sku, bob = cast.sku_on_sale(), cast.person("Bob")
    found = client.get("/search/", {"q": sku.product.title})
    address = f"/p/{sku.product.public_id}/?from=search"
    assert address in found.content.decode()
    page = f"http://testserver{address}"
    mine = f"/p/{sku.product.public_id}/mine/"
    client.get(mine, headers={"hx-current-url": page})
    client.get(mine, headers={"hx-current-url": page})
    assert Arrival.objects.get().visitor_id is None
    # Walking on to the store is no other coming.
    client.get(f"/store/{sku.store.slug}/mine/", headers=HTMX)
    signing_in = RequestFactory().get("/")
    signing_in.COOKIES = {name: one.value for name, one in client.cookies.items()}
    guest_adopt(signing_in, bob.user)
    assert Arrival.objects.get().visitor_id == bob.id
    bought(bob, sku)
    bought(cast.person(), sku)
    assert told(sku.store) == {"店内搜索": (1, 1), "直接打开": (1, 1)}


def test_a_share_counts_before_a_search_and_an_old_search_not_at_all():
    sku = cast.sku_on_sale()
    bob, cara, now = cast.person(), cast.person(), clock.now()
    for one, ago in ((bob, 0), (cara, 8)):
        searched(sku.store, {"visitor_id": one.id, "guest": ""}, at=now - ago * DAY)
    visit_make(link_make(store=sku.store), bob.user)
    bought(bob, sku)
    bought(cara, sku)
    assert told(sku.store) == {
        "微信好友或群": (1, 1),
        "店内搜索": (2, 0),
        "直接打开": (1, 1),
    }


# --- by themselves ---
@pytest.mark.parametrize("kind", ["person", "guest"])
def test_whoever_no_share_and_no_search_brought_came_by_themselves(store, kind):
    reader, _ = who(kind)
    assert alone(store, reader)
    row = Arrival.objects.get()
    assert (row.store_id, row.visitor_id, row.guest, row.source) == (
        store.pk,
        reader["visitor_id"],
        reader["guest"],
        DIRECT,
    )
    assert alone(cast.store_open(), reader)


@pytest.mark.parametrize("kind", ["person", "guest"])
@pytest.mark.parametrize("brought", ["shared", "searched"])
@pytest.mark.parametrize("days", [None, 1, 30])
def test_not_within_the_window_of_what_brought_them(store, kind, brought, days):
    """The window that the store has then, to the second."""
    now, (reader, visitor) = clock.now(), who(kind)
    if days:
        AttributionWindow.objects.create(store=store, days=days, since_at=now - DAY)
    came = now - DAY * (days or 7)
    if brought == "shared":
        visit_make(link_make(store=store), **visitor, at=came - DAY)
        visit_make(link_make(store=store), **visitor, at=came)
    else:
        searched(store, reader, at=came - DAY)
        searched(store, reader, at=came)
    assert not alone(store, reader, at=now - SECOND)
    assert not rows().exists()
    # Another store's window is another one, and so is somebody else.
    assert alone(cast.store_open(), reader, at=now - SECOND)
    assert alone(store, who("person")[0], at=now - SECOND)
    assert alone(store, reader, at=now)


@pytest.mark.parametrize("later", [-SECOND, timedelta(0)])
def test_it_is_whoever_an_order_would_be_nobodys_of(later):
    """The same second ends both: what an order is said to come by, and what its buyer came by."""
    sku, bob = cast.sku_on_sale(), cast.person()
    came = clock.now() - WEEK
    visit_make(link_make(store=sku.store), bob.user, at=came)
    order = cast.order_of(cast.buy(bob, sku))
    Order.objects.filter(pk=order.pk).update(placed_at=came + WEEK + later)
    alone(sku.store, {"visitor_id": bob.id, "guest": ""}, at=came + WEEK + later)
    cast.pay(order.public_id)
    seen = rows().exists()
    cast.deliver()
    by = "直接打开" if seen else "微信好友或群"
    assert {label for label, (_, orders) in told(sku.store).items() if orders} == {by}
    assert seen is (later == timedelta(0))


@pytest.mark.parametrize("kind", ["person", "guest"])
def test_the_pages_of_one_walk_are_one_coming(store, kind):
    now, (reader, _) = clock.now(), who(kind)
    assert alone(store, reader, at=now)
    assert not alone(store, reader, at=now + AWHILE - SECOND)
    assert alone(store, reader, at=now + AWHILE)
    row = Arrival.objects.get()
    assert (row.first_at, row.last_at) == (now, now + AWHILE)


def test_it_is_one_statement(store, django_assert_num_queries):
    for kind in ("person", "guest"):
        reader, _ = who(kind)
        with django_assert_num_queries(1):
            alone(store, reader)


def plans(kind, store, *, at):
    """The indexes by which one reader is found: as it was prepared, which is for any value, and for
    these values, as it is behind a pooler."""
    one = arrivals._ALONE[0 if kind == "person" else 1]
    reader, _ = who(kind)
    assert alone(store, reader)
    values = {
        "source": DIRECT,
        "store": store.pk,
        "who": reader["visitor_id"] or GUEST,
        "at": at,
        "awhile": AWHILE,
    }
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sharing_visit, sharing_arrival")
        for asked, given in (
            (one.execute, [values[name] for name in one.values]),
            (one.text, values),
        ):
            cursor.execute(f"EXPLAIN {asked}", given)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            yield re.findall(r"Scan using (\w+) on sharing_(?:visit|arrival)\b", plan)


@pytest.mark.parametrize("kind", ["person", "guest"])
def test_however_many_come_to_a_store_one_of_them_is_found_by_an_index(store, kind):
    """Also when the planner has not heard of those who came within the hour."""
    now, link = clock.now(), link_make(store=store)
    people = User.objects.bulk_create([User() for _ in range(500)])
    whose = [{"visitor": one} for one in people]
    whose += [{"guest": f"{number:0{GUEST_LENGTH}d}"} for number in range(500)]
    came = {"store": store, "first_at": now, "last_at": now}
    Visit.objects.bulk_create([Visit(link=link, **one, **came) for one in whose])
    Arrival.objects.bulk_create([Arrival(source=SEARCH, **one, **came) for one in whose])
    once = f"sharing_arrival_once_per_{kind}"
    for lately, visits, searched in plans(kind, store, at=now + AWHILE):
        assert lately == searched == once
        # Two indexes begin with the visitor, and either will do.
        assert re.match("sharing_vis(it)?_(visitor|once_per_guest)", visits)


# --- what pages tell ---
def opens(path, client, **headers):
    answer = client.get(path, headers={**HTMX, **headers})
    assert answer.status_code == 200
    return answer


def store_pages(kind):
    """The personal fragment of a page of one store; and the store."""
    public_pages_forget()
    if kind == "product":
        sku = cast.sku_on_sale()
        return f"/p/{sku.product.public_id}/mine/", sku.store
    if kind in {"store", "coupons"}:
        store = cast.store_open()
        return f"/store/{store.slug}/{'coupons/' if kind == 'coupons' else ''}mine/", store
    if kind == "entry":
        entry = entry_make()
        return f"/q/{entry.public_id}/code/", entry.store
    if kind == "flash":
        offer = offer_make()
        return f"/flash/{offer.public_id}/mine/", offer.store
    if kind == "bargain":
        bargain = launch(campaign_make())
        return f"/b/{bargain.public_id}/mine/", bargain.store
    campaign, sku = cast.campaign_make()
    if kind == "unopened":
        cast.lead(campaign, sku, cast.person())
        group = Group.objects.get()
    else:
        group, _ = cast.group_open(campaign, sku)
    Arrival.objects.all().delete()  # the leader's own
    return f"/g/{group.public_id}/mine/", campaign.store


@pytest.mark.parametrize(
    "kind", ["product", "store", "coupons", "entry", "flash", "bargain", "group", "unopened"]
)
def test_every_page_of_one_store_counts_once(client, kind):
    path, store = store_pages(kind)
    for _ in range(2):
        opens(path, client)
    row = Arrival.objects.get()
    assert (row.store_id, row.visitor_id, row.source) == (store.pk, None, DIRECT)
    assert client.cookies["guest"].value == guest_cookie(row.guest)
    bob = cast.person()
    client.force_login(bob.user)
    opens(path, client)
    assert set(rows().values_list("visitor_id", flat=True)) == {None, bob.id}


@pytest.mark.parametrize("path", ["/", "/search/?q=x", "/flash/", "/flash/mine/", "/cart/"])
def test_pages_of_many_stores_count_for_none(client, path):
    cast.sku_on_sale()
    client.get(path)
    assert not Arrival.objects.exists()
    assert "guest" not in client.cookies


def test_a_public_page_by_itself_is_read_by_crawlers_and_counts_nobody(client):
    sku = cast.sku_on_sale()
    client.get(f"/p/{sku.product.public_id}/")
    assert not Arrival.objects.exists()
    assert "Disallow: /*/mine/" in client.get("/robots.txt").content.decode()


def test_a_showcase_that_is_opened_plainly_leads_on_by_its_sharers_link(client):
    store = cast.store_open()
    plan_make(store)
    sharer = sharer_make(store, cast.person())
    opens(f"/x/{sharer.public_id}/mine/", client)
    assert not Arrival.objects.exists()


def test_whoever_came_by_a_share_walks_about_and_is_the_shares(client):
    sku = cast.sku_on_sale()
    link = link_make(store=sku.store, ref=sku.product.public_id)
    page = f"/p/{sku.product.public_id}/mine/"
    opens(f"{page}?s={link.token}", client)
    opens(page, client)
    opens(f"/store/{sku.store.slug}/mine/", client)
    assert Visit.objects.count() == 1
    assert not Arrival.objects.exists()


def test_ones_own_link_is_no_coming_by_oneself(client):
    sku, alice = cast.sku_on_sale(), cast.person()
    link = link_make(alice.user, store=sku.store, ref=sku.product.public_id)
    client.force_login(alice.user)
    opens(f"/p/{sku.product.public_id}/mine/?s={link.token}", client)
    assert not Arrival.objects.exists()
    assert not Visit.objects.exists()
    opens(f"/p/{sku.product.public_id}/mine/", client)
    assert rows().get().visitor_id == alice.id


def test_without_a_script_the_share_of_the_page_before_counts(client):
    entry = entry_make()
    link = link_make(store=entry.store, path=f"/q/{entry.public_id}/")
    answer = client.get(
        f"/q/{entry.public_id}/code/",
        headers={"accept": "text/html", "referer": f"http://testserver{link.path}?s={link.token}"},
    )
    assert answer.status_code == 200
    assert Visit.objects.get().link == link
    assert not Arrival.objects.exists()


def test_one_address_has_only_so_many_strangers(monkeypatch):
    monkeypatch.setattr(pages, "NEWCOMERS", 2)
    path, _ = store_pages("product")
    first = Client()
    for client in (first, Client(), Client(), Client()):
        opens(path, client)
    assert Arrival.objects.count() == 2
    assert "guest" not in client.cookies
    Arrival.objects.all().delete()
    opens(path, first)  # whoever is known goes on
    assert Arrival.objects.count() == 1


def test_whoever_strolls_in_takes_no_place_from_whom_a_share_brings(monkeypatch):
    monkeypatch.setattr(pages, "NEWCOMERS", 1)
    path, store = store_pages("product")
    link = link_make(store=store)
    for _ in range(2):
        opens(path, Client())
    opens(f"{path}?s={link.token}", Client())
    assert (Arrival.objects.count(), Visit.objects.count()) == (1, 1)


# --- who orders has come ---
def test_the_buyer_of_a_direct_order_is_among_the_people():
    """Without a script no page told; and a coming of a while ago would be too old a day later."""
    sku, bob, cara = cast.sku_on_sale(), cast.person(), cast.person()
    now = clock.now()
    alone(sku.store, {"visitor_id": cara.id, "guest": ""}, at=now - AWHILE / 2)
    for buyer in (bob, cara):
        bought(buyer, sku)
    placed = dict(Order.objects.values_list("buyer_id", "placed_at"))
    found = {row.visitor_id: (row.first_at, row.last_at) for row in Arrival.objects.all()}
    assert found == {
        bob.id: (placed[bob.id], placed[bob.id]),
        cara.id: (now - AWHILE / 2, placed[cara.id]),
    }
    assert told(sku.store) == {"直接打开": (2, 2)}


def test_a_circle_brings_no_order_and_so_its_buyer_came_by_themselves():
    """Bob brought Alice to the page before she brought him: his order is nobody's."""
    sku, alice, bob = cast.sku_on_sale(), cast.person(), cast.person()
    ref = sku.product.public_id
    visit_make(link_make(bob.user, sku.store, ref=ref), alice.user)
    visit_make(link_make(alice.user, sku.store, ref=ref), bob.user)
    bought(bob, sku)
    assert rows().get().visitor_id == bob.id
    assert told(sku.store) == {"微信好友或群": (2, 0), "直接打开": (1, 1)}


@pytest.mark.parametrize("by", ["share", "search"])
def test_whom_something_brought_did_not_come_by_themselves(by):
    sku, bob = cast.sku_on_sale(), cast.person()
    if by == "share":
        visit_make(link_make(store=sku.store), bob.user)
    else:
        searched(sku.store, {"visitor_id": bob.id, "guest": ""})
    bought(bob, sku)
    order = Order.objects.get()
    # The fact may be told again.
    assert not arrival_record_buyer(
        order_id=order.pk, store_id=order.store_id, buyer_id=bob.id, placed_at=order.placed_at
    )
    assert not rows().exists()


def test_orders_from_before_anybody_was_counted_make_no_percentage():
    sku, bob = cast.sku_on_sale(), cast.person()
    bought(bob, sku)
    Arrival.objects.all().delete()
    (row,) = sources(sku.store_id, since=clock.now() - 30 * DAY, now=clock.now())
    assert (row.people, row.orders, row.percent) == (None, 1, "—")
    bought(cast.person(), sku)
    (row,) = sources(sku.store_id, since=clock.now() - 30 * DAY, now=clock.now())
    assert (row.people, row.orders, row.percent) == (None, 2, "—")
    Order.objects.filter(buyer_id=bob.id).update(placed_at=clock.now() - 31 * DAY)
    (row,) = sources(sku.store_id, since=clock.now() - 30 * DAY, now=clock.now())
    assert (row.people, row.orders, row.percent) == (1, 1, "100.0%")


def test_people_and_guests_lately_make_the_percentage():
    sku, now = cast.sku_on_sale(), clock.now()
    bought(cast.person(), sku)
    for number, at in enumerate((now, now - 29 * DAY, now - 31 * DAY)):
        reader = {"visitor_id": None, "guest": f"{number:0{GUEST_LENGTH}d}"}
        alone(sku.store, reader, at=at)
        alone(sku.store, who("person")[0], at=at)
    (row,) = sources(sku.store_id, since=now - 30 * DAY, now=clock.now())
    assert (row.label, row.people, row.orders, row.percent) == ("直接打开", 5, 1, "20.0%")


# --- guests become people, and two people one ---
@pytest.mark.parametrize("source", [SEARCH, DIRECT])
def test_signing_in_twice_adopts_once_and_merges(store, source):
    bob, now = cast.person(), clock.now()
    for reader, at in (({"visitor_id": bob.id, "guest": ""}, now), (who("guest")[0], now - DAY)):
        arrival_record(source=source, store_id=store.pk, **reader, now=at)
    assert arrivals_adopt(guest=GUEST, visitor_id=bob.id) == 1
    assert arrivals_adopt(guest=GUEST, visitor_id=bob.id) == 0
    assert arrivals_adopt(guest="", visitor_id=bob.id) == 0
    row = Arrival.objects.get()
    assert (row.visitor_id, row.source) == (bob.id, source)
    assert (row.first_at, row.last_at) == (now - DAY, now)


def test_two_accounts_that_become_one_came_once_by_each_source(store):
    bob, second, now = cast.person(), cast.person(), clock.now()
    for one, source, ago in ((bob, SEARCH, 1), (second, SEARCH, 2), (second, DIRECT, 3)):
        reader = {"visitor_id": one.id, "guest": ""}
        arrival_record(source=source, store_id=store.pk, **reader, now=now - ago * DAY)
    assert arrivals_fold(folded_id=second.id, person_id=bob.id) == 2
    assert arrivals_fold(folded_id=second.id, person_id=bob.id) == 0
    found = {row.source: (row.visitor_id, row.first_at, row.last_at) for row in rows(SEARCH)}
    found |= {row.source: (row.visitor_id, row.first_at, row.last_at) for row in rows()}
    assert found == {
        SEARCH: (bob.id, now - 2 * DAY, now - DAY),
        DIRECT: (bob.id, now - 3 * DAY, now - 3 * DAY),
    }
