"""A guest signs in, perhaps in two windows at once."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from accounts.tests.factories import user_make
from core import clock
from sharing.models import Visit
from sharing.services import visit_record, visits_adopt
from sharing.tests.factories import GUEST_LENGTH, link_make, visit_make

pytestmark = pytest.mark.django_db(transaction=True)

GUEST, OTHER = "g" * GUEST_LENGTH, "h" * GUEST_LENGTH


def adopt(guest, who):
    return visits_adopt(guest=guest, visitor_id=who.pk, now=clock.now())


def at_once(*acts):
    """What went wrong in the threads."""
    barrier, wrong = Barrier(len(acts)), []

    def run(act):
        barrier.wait()
        try:
            act()
        except Exception as error:
            wrong.append(error)
        connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


@pytest.mark.parametrize("round_number", range(3))
def test_two_windows_sign_in_at_once(round_number):
    bob, links = user_make(), [link_make() for _ in range(5)]
    for link in links:
        visit_make(link, guest=GUEST)
        visit_make(link, guest=OTHER)
    assert at_once(lambda: adopt(GUEST, bob), lambda: adopt(OTHER, bob)) == []
    rows = list(Visit.objects.values_list("visitor_id", "guest", "count"))
    assert rows == [(bob.pk, "", 2)] * 5


@pytest.mark.parametrize("round_number", range(3))
def test_one_cookie_is_adopted_twice_at_once(round_number):
    bob, links = user_make(), [link_make() for _ in range(5)]
    for link in links:
        visit_make(link, guest=GUEST)
    assert at_once(*[lambda: adopt(GUEST, bob)] * 4) == []
    assert list(Visit.objects.values_list("visitor_id", "count")) == [(bob.pk, 1)] * 5


@pytest.mark.parametrize("round_number", range(3))
def test_a_page_is_opened_while_its_reader_signs_in(round_number):
    bob, links = user_make(), [link_make() for _ in range(5)]
    for link in links:
        visit_make(link, guest=GUEST)

    def read():
        for link in links:
            visit_record(token=link.token, visitor_id=bob.pk, guest="", now=clock.now())

    assert at_once(read, lambda: adopt(GUEST, bob)) == []
    assert list(Visit.objects.values_list("visitor_id", "count")) == [(bob.pk, 2)] * 5


def test_nobody_elses_visits_are_taken():
    bob, carol, link = user_make(), user_make(), link_make()
    visit_make(link, carol)
    visit_make(link, guest=OTHER)
    assert adopt(GUEST, bob) == 0
    assert adopt("", bob) == 0
    assert set(Visit.objects.values_list("visitor_id", "guest")) == {(carol.pk, ""), (None, OTHER)}


def test_it_is_one_statement_whatever_their_number(django_assert_num_queries):
    bob = user_make()
    for _ in range(4):
        visit_make(link_make(), guest=GUEST)
    visit_make(link_make(bob), guest=GUEST)
    with django_assert_num_queries(1):
        assert adopt(GUEST, bob) == 4
    assert Visit.objects.count() == 4


def test_a_visit_costs_two_statements_and_a_known_link_one(django_assert_num_queries):
    bob, link = user_make(), link_make()
    with django_assert_num_queries(2):
        visit_record(token=link.token, visitor_id=bob.pk, guest="", now=clock.now())
    sharer, store, ref = link.sharer, link.store, link.target_ref
    with django_assert_num_queries(1):
        assert link_make(sharer, store, ref=ref) == link


def test_a_link_made_in_two_windows_at_once_is_one():
    bob, store = user_make(), link_make().store
    made = []
    acts = [lambda: made.append(link_make(bob, store, ref="dates").token)] * 4
    assert at_once(*acts) == []
    assert len(made) == 4
    assert len(set(made)) == 1
