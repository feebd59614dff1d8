"""The inbox: one's own, by day, opened and read."""

from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from notices.kinds import Kind
from notices.models import Notice
from notices.queries import PER_PAGE, inbox, unread_count
from notices.services import notices_purge, notices_tell
from notices.tests.factories import notice_make, subject
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return cast.person()


@pytest.fixture
def client(alice):
    client = Client()
    client.force_login(alice.user)
    return client


def test_an_empty_inbox_says_what_will_come(client):
    page = client.get("/messages/")
    assert page.status_code == 200
    assert "还没有消息" in page.content.decode()
    assert "标为已读" not in page.content.decode()


def test_messages_stand_under_their_day_newest_first(client, alice):
    store = cast.store_open()
    old = notice_make(alice.id, store=store, now=clock.now() - timedelta(days=1))
    new = notice_make(alice.id, store=store)
    found = inbox(alice.id, page=1)
    assert [[line.id for line in day.lines] for day in found.days] == [[new.pk], [old.pk]]
    text = client.get("/messages/").content.decode()
    assert text.count("已发货") == 2
    assert text.count("未读") == 2


def test_opening_a_message_leads_on_and_counts_as_reading(client, alice):
    one = notice_make(alice.id)
    answer = client.get(f"/messages/{one.public_id}/")
    assert (answer.status_code, answer["Location"]) == (302, "/orders/")
    read_at = Notice.objects.get().read_at
    assert read_at is not None
    client.get(f"/messages/{one.public_id}/")
    assert Notice.objects.get().read_at == read_at


def test_a_neighbours_message_is_not_there(client):
    one = notice_make(cast.person().id)
    assert client.get(f"/messages/{one.public_id}/").status_code == 404
    assert one.title not in client.get("/messages/").content.decode()
    assert Notice.objects.get().read_at is None
    stranger = Client().get(f"/messages/{one.public_id}/")
    assert stranger.status_code == 302
    assert "sign-in" in stranger["Location"]


def test_all_up_to_the_newest_on_the_page_are_read_and_what_came_since_is_not(client, alice):
    store = cast.store_open()
    shown = [notice_make(alice.id, store=store) for _ in range(2)]
    neighbour = notice_make(cast.person().id, store=store)
    came_since = notice_make(alice.id, store=store)
    client.post("/messages/read/", {"until": shown[-1].pk})
    assert unread_count(alice.id) == 1
    came_since.refresh_from_db()
    neighbour.refresh_from_db()
    assert came_since.read_at is None
    assert neighbour.read_at is None


@pytest.mark.parametrize("until", ["", "x", "9" * 40, "²"])
def test_what_is_no_number_reads_nothing(client, alice, until):
    notice_make(alice.id)
    assert client.post("/messages/read/", {"until": until}).status_code == 302
    assert unread_count(alice.id) == 1


def test_a_long_inbox_has_pages(client, alice):
    store = cast.store_open()
    for _ in range(PER_PAGE + 1):
        notice_make(alice.id, store=store)
    assert client.get("/messages/").content.decode().count("inbox__line") == PER_PAGE
    assert client.get("/messages/?page=2").content.decode().count("inbox__line") == 1
    assert client.get("/messages/?page=x").status_code == 200
    assert "没有更多消息" in client.get("/messages/?page=9").content.decode()


def test_the_inbox_costs_the_same_for_one_and_for_twenty(client, alice, django_assert_num_queries):
    store = cast.store_open()
    notice_make(alice.id, store=store)
    client.get("/messages/")
    with django_assert_num_queries(3):  # the person, the page, the count
        client.get("/messages/")
    for _ in range(19):
        notice_make(alice.id, store=store)
    with django_assert_num_queries(3):
        client.get("/messages/")


def test_the_own_corner_says_how_many_are_unread(client, alice):
    assert "条未读" not in client.get("/me/").content.decode()
    notice_make(alice.id)
    notice_make(alice.id, for_staff=True)
    assert "1 条未读" in client.get("/me/").content.decode()


def test_what_a_person_has_to_do_for_a_store_is_not_among_their_own(client, alice):
    notice_make(alice.id, kind=Kind.STAFF_URGED, for_staff=True)
    assert "催发货" not in client.get("/messages/").content.decode()


# The savepoint and its end included; what goes beyond the inbox is one write more.
@pytest.mark.parametrize(("kind", "statements"), [(Kind.GROUP_JOINED, 3), (Kind.CLOSED, 4)])
def test_telling_costs_the_same_for_few_and_for_many(kind, statements, django_assert_num_queries):
    store = cast.store_open()
    for number, more in ((1, 0), (2, 1), (20, 1)):
        people = [one.id for one in cast.people(number)]
        with django_assert_num_queries(statements + more):
            notices_tell(kind=kind, subject=subject(*people, store=store), now=clock.now())


def test_half_a_year_later_it_is_forgotten(alice):
    store = cast.store_open()
    now = clock.now()
    notice_make(alice.id, store=store, now=now - timedelta(days=181))
    kept = notice_make(alice.id, store=store, now=now - timedelta(days=179))
    assert notices_purge(now=now) == 1
    assert Notice.objects.get() == kept


# The office.


def test_the_office_shows_what_is_unread_for_this_member_of_staff_alone():
    store = cast.store_open()
    owner, clerk = staff_make(store), staff_make(store, role="clerk")
    one = notice_make(owner.user_id, kind=Kind.STAFF_TO_SHIP, store=store, for_staff=True)
    two = notice_make(clerk.user_id, kind=Kind.STAFF_URGED, store=store, for_staff=True)
    office = Client()
    office.force_login(owner.user)
    page = office.get("/office/").content.decode()
    assert one.public_id in page
    assert two.public_id not in page
    assert office.get(f"/messages/{two.public_id}/").status_code == 404
    answer = office.post("/messages/read/", {"which": "staff", "until": one.pk})
    assert answer["Location"] == "/office/"
    assert one.public_id not in office.get("/office/").content.decode()
    assert unread_count(clerk.user_id, for_staff=True) == 1


def test_reading_all_for_the_store_leaves_the_own_inbox_alone():
    staff = staff_make(cast.store_open())
    own = notice_make(staff.user_id, store=staff.store)
    office = Client()
    office.force_login(staff.user)
    office.post("/messages/read/", {"which": "staff", "until": own.pk})
    assert unread_count(staff.user_id) == 1
