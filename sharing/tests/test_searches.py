"""Who came by the shop's own search is counted, a guest once signed in, and never instead of a share."""

from datetime import timedelta

import pytest
from django.test import RequestFactory

from core import clock
from sharing.models import SearchArrival
from sharing.searches import search_record, searches_adopt
from sharing.sign_in import guest_adopt
from sharing.sources import sources
from sharing.tests.factories import GUEST_LENGTH, link_make, visit_make
from tests import cast

pytestmark = pytest.mark.django_db

GUEST = "g" * GUEST_LENGTH


def told(store):
    rows = sources(store.pk, since=clock.now() - timedelta(days=30), now=clock.now())
    return {row.label: (row.people, row.orders) for row in rows}


def bought(who, sku):
    cast.pay(cast.buy(who, sku))
    cast.deliver()


def test_a_guest_who_searched_signed_in_and_bought_came_by_the_search(client):
    sku, bob = cast.sku_on_sale(), cast.person("Bob")
    found = client.get("/search/", {"q": sku.product.title})
    address = f"/p/{sku.product.public_id}/?from=search"
    assert address in found.content.decode()
    page = f"http://testserver{address}"
    mine = f"/p/{sku.product.public_id}/mine/"
    client.get(mine, headers={"hx-current-url": page})
    client.get(mine, headers={"hx-current-url": page})
    assert SearchArrival.objects.get().visitor_id is None
    signing_in = RequestFactory().get("/")
    signing_in.COOKIES = {name: one.value for name, one in client.cookies.items()}
    guest_adopt(signing_in, bob.user)
    assert SearchArrival.objects.get().visitor_id == bob.id
    bought(bob, sku)
    bought(cast.person(), sku)
    assert told(sku.store) == {"店内搜索": (1, 1), "直接打开": (None, 1)}


def test_a_share_counts_before_a_search_and_an_old_search_not_at_all():
    sku = cast.sku_on_sale()
    bob, cara, now = cast.person(), cast.person(), clock.now()
    for who, ago in ((bob, 0), (cara, 8)):
        search_record(
            store_id=sku.store_id, visitor_id=who.id, guest="", now=now - timedelta(days=ago)
        )
    visit_make(link_make(store=sku.store), bob.user)
    bought(bob, sku)
    bought(cara, sku)
    assert told(sku.store) == {
        "微信好友或群": (1, 1),
        "店内搜索": (2, 0),
        "直接打开": (None, 1),
    }


def test_signing_in_twice_adopts_once_and_merges():
    store, bob, now = cast.store_open(), cast.person(), clock.now()
    search_record(store_id=store.pk, visitor_id=bob.id, guest="", now=now)
    search_record(store_id=store.pk, visitor_id=None, guest=GUEST, now=now - timedelta(days=1))
    assert searches_adopt(guest=GUEST, visitor_id=bob.id) == 1
    assert searches_adopt(guest=GUEST, visitor_id=bob.id) == 0
    assert searches_adopt(guest="", visitor_id=bob.id) == 0
    row = SearchArrival.objects.get()
    assert (row.first_at, row.last_at) == (now - timedelta(days=1), now)
