"""Visits that reach us: with a script and without, and no more strangers than an address can have."""

import pytest
from django.core.cache import cache
from django.test import Client

from core.guests import guest_cookie, guest_new
from sharing import pages
from sharing.models import Visit
from sharing.tests.factories import link_make
from tests import cast

pytestmark = pytest.mark.django_db

HTML = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture(autouse=True)
def empty():
    cache.clear()


@pytest.fixture
def sku():
    return cast.sku_on_sale()


@pytest.fixture
def link(sku):
    return link_make(store=sku.store, ref=sku.product.public_id)


def from_page(link, *, host="http://testserver"):
    """The headers of somebody who follows a link of the shared page."""
    return {**HTML, "referer": f"{host}{link.path}?s={link.token}"}


def buying(sku):
    return f"/checkout/?sku={sku.public_id}"


# --- without a script ---
def test_whoever_follows_the_pages_link_without_a_script_leaves_a_visit(client, sku, link):
    answer = client.get(buying(sku), headers=from_page(link))
    assert answer.status_code == 302  # to sign in, which adopts what the cookie remembers
    visit = Visit.objects.get()
    assert (visit.link, visit.visitor) == (link, None)
    assert client.cookies["guest"].value == guest_cookie(visit.guest)


def test_a_reader_with_a_script_has_come_once(client, sku, link):
    client.get(f"/p/{sku.product.public_id}/mine/?s={link.token}", headers={"HX-Request": "true"})
    client.get(buying(sku), headers=from_page(link))
    assert Visit.objects.get().count == 1
    bob = cast.person()
    client.force_login(bob.user)
    for _ in range(3):
        client.get(buying(sku), headers=from_page(link))
    assert Visit.objects.get(visitor=bob.user).count == 1


def test_pictures_scripts_and_public_pages_are_no_visit(client, sku, link):
    path = f"/p/{sku.product.public_id}/"
    told = from_page(link)
    client.get(buying(sku), headers={**told, "accept": "image/webp,*/*"})
    client.get(buying(sku), headers={**told, "HX-Request": "true"})
    client.get(path + "nothing/", headers=told)
    client.get(path, headers=told)
    assert not Visit.objects.exists()
    assert "guest" not in client.cookies


@pytest.mark.parametrize("host", ["http://elsewhere.example", "http://testserver.example"])
def test_another_sites_page_brings_nobody(client, sku, link, host):
    client.get(buying(sku), headers=from_page(link, host=host))
    assert not Visit.objects.exists()


# --- strangers ---
def opens(link, client):
    return client.get(f"{link.path}mine/?s={link.token}")


def test_an_invented_cookie_is_one_more_stranger_and_no_visitor(link):
    for _ in range(3):
        stranger = Client()
        stranger.cookies["guest"] = guest_new()
        opens(link, stranger)
    assert {visit.guest for visit in Visit.objects.all()}.isdisjoint({"g" * 26})
    known = Client()
    for _ in range(3):
        opens(link, known)
    assert sorted(Visit.objects.values_list("count", flat=True)) == [1, 1, 1, 3]


def test_one_address_has_only_so_many_strangers(link, monkeypatch):
    monkeypatch.setattr(pages, "NEWCOMERS", 2)
    first = Client()
    for client in (first, Client(), Client(), Client()):
        assert opens(link, client).status_code == 200
    assert Visit.objects.count() == 2
    # Whoever is known goes on, and so does whoever has a name.
    opens(link, first)
    assert sorted(Visit.objects.values_list("count", flat=True)) == [1, 2]
    bob = cast.person()
    known = Client()
    known.force_login(bob.user)
    opens(link, known)
    assert Visit.objects.filter(visitor=bob.user).exists()
