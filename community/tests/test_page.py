"""The page of a group: the same for everybody, and a code for one person in it."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.services import holds_value
from accounts.tests.factories import user_make
from community import views
from community.models import CodeShowing, GroupEntry
from community.queries import PICTURE_WIDTH
from community.tests.factories import code_make, counter_make, entry_make
from core import clock
from core.guests import COOKIE, guest_cookie, guest_new
from core.public_pages import public_pages_forget
from sharing.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry():
    public_pages_forget()
    return entry_make()


def page(entry):
    return f"/q/{entry.public_id}/"


def signed_in():
    client = Client()
    client.force_login(user_make())
    return client


def test_the_public_page_is_the_same_for_everybody_and_takes_no_place(entry, client):
    code = code_make(entry)
    texts = {one.get(page(entry)).content for one in (client, signed_in(), Client())}
    assert len(texts) == 1
    text = texts.pop().decode()
    assert entry.name in text
    assert entry.welcome in text
    assert entry.store.name in text
    assert code.picture.name not in text
    assert f'href="{page(entry)}code/"' in text
    assert CodeShowing.objects.count() == 0


def test_the_public_page_costs_two_queries_cold_and_none_warm(
    entry, client, django_assert_num_queries
):
    with django_assert_num_queries(2):
        client.get(page(entry))
    with django_assert_num_queries(0):
        client.get(page(entry))


@pytest.mark.parametrize("fragment", [True, False])
def test_a_guest_sees_the_code_and_is_known_again(entry, client, fragment):
    code = code_make(entry)
    headers = {"HX-Request": "true"} if fragment else {}
    for _ in range(3):
        answer = client.get(page(entry) + "code/", headers=headers)
    text = answer.content.decode()
    stem = code.picture.name.removesuffix(".webp")
    assert f"{stem}-{PICTURE_WIDTH}.webp" in text
    assert 'width="400" height="500"' in text
    assert "前有效" in text
    assert ("<html" in text) is not fragment
    assert "no-store" in answer["Cache-Control"]
    assert client.cookies["guest"].value == guest_cookie(CodeShowing.objects.get().guest)


def test_somebody_signed_in_is_counted_as_a_person(entry):
    code_make(entry)
    client = signed_in()
    client.get(page(entry) + "code/")
    assert CodeShowing.objects.get().person_id is not None
    assert "guest" not in client.cookies


def test_what_showing_a_code_costs(entry, django_assert_max_num_queries):
    """The page, the store; lock, known, room, place, row in one transaction; the picture."""
    code_make(entry)
    client = signed_in()
    with django_assert_max_num_queries(14):
        client.get(page(entry) + "code/", headers={"HX-Request": "true"})
    with django_assert_max_num_queries(11):
        client.get(page(entry) + "code/", headers={"HX-Request": "true"})


def test_no_code_left_is_said_kindly_with_the_stores_phone(entry, client):
    entry.store.phone = "0358-5550101"
    entry.store.save()
    text = client.get(page(entry) + "code/").content.decode()
    assert "商家正在准备新的" in text
    assert "0358-5550101" in text
    assert not CodeShowing.objects.exists()


def test_a_closed_entry_shows_no_code(entry, client):
    code_make(entry)
    GroupEntry.objects.update(is_open=False)
    assert "暂时不再加人" in client.get(page(entry) + "code/").content.decode()
    assert CodeShowing.objects.count() == 0


def test_only_get_takes_a_place(entry, client):
    code_make(entry)
    assert client.head(page(entry) + "code/").status_code == 405
    assert client.post(page(entry) + "code/").status_code == 405
    assert CodeShowing.objects.count() == 0


def test_an_address_that_sends_newcomers_without_end_is_slowed(entry, monkeypatch):
    code_make(entry)
    monkeypatch.setattr(views, "NEWCOMERS", 2)
    where = {"REMOTE_ADDR": "203.0.113.77"}
    texts = [Client(**where).get(page(entry) + "code/").content.decode() for _ in range(4)]
    assert ["人太多了" in text for text in texts] == [False, False, True, True]
    assert CodeShowing.objects.count() == 2
    client = signed_in()
    assert "人太多了" not in client.get(page(entry) + "code/", **where).content.decode()


def test_an_invented_cookie_is_slowed_as_well(entry, monkeypatch):
    code_make(entry)
    monkeypatch.setattr(views, "NEWCOMERS", 2)
    where = {"REMOTE_ADDR": "203.0.113.78"}
    texts = []
    for _ in range(4):
        client = Client(**where)
        client.cookies[COOKIE] = guest_cookie(guest_new())
        texts.append(client.get(page(entry) + "code/").content.decode())
    assert ["人太多了" in text for text in texts] == [False, False, True, True]
    assert CodeShowing.objects.count() == 2


def test_loading_again_takes_no_place_from_a_slowed_address(entry, monkeypatch):
    code_make(entry)
    counter = counter_make(entry.store, entry_id=entry.pk)
    monkeypatch.setattr(views, "NEWCOMERS", 1)
    where = {"REMOTE_ADDR": "203.0.113.79"}
    first, second = Client(**where), Client(**where)
    path = f"{counter.link.path}code/?s={counter.link.token}"
    for _ in range(3):
        assert "人太多了" not in first.get(path).content.decode()
    for _ in range(3):
        assert "人太多了" in second.get(path).content.decode()
    assert CodeShowing.objects.count() == 1


def test_having_seen_a_code_is_nothing_of_value(entry):
    code_make(entry)
    client = signed_in()
    client.get(page(entry) + "code/")
    person = CodeShowing.objects.get().person
    assert not holds_value(person)


@pytest.mark.parametrize("path", ["/q/ent_nothing/", "/q/ent_nothing/code/"])
def test_an_unknown_entry_is_not_here(client, path):
    assert client.get(path).status_code == 404


def test_a_counter_codes_visit_is_counted_with_the_same_cookie(entry, client):
    code_make(entry)
    counter = counter_make(entry.store, entry_id=entry.pk)
    client.get(f"{counter.link.path}code/?s={counter.link.token}")
    assert Visit.objects.get().guest == CodeShowing.objects.get().guest


def test_expired_codes_make_way_on_the_page(entry, client):
    code_make(entry, expires_at=clock.now() + timedelta(hours=1))
    fresh = code_make(entry, expires_at=None)
    text = client.get(page(entry) + "code/").content.decode()
    assert fresh.picture.name.removesuffix(".webp") in text
    assert "前有效" not in text
