"""Ties come from acts: who opened whose share, who completed a group, who helped with a bargain."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.tests.factories import user_make
from core import clock
from core.invariants import audit
from sharing.models import Tie, Visit
from sharing.queries import tied_to
from sharing.services import ties_make, visit_record, visits_adopt
from sharing.tests.factories import GUEST_LENGTH, link_make

pytestmark = pytest.mark.django_db

GUEST = "g" * GUEST_LENGTH


def opens(link, who, *, guest="", now=None):
    visitor_id = who.pk if who else None
    return visit_record(
        token=link.token, visitor_id=visitor_id, guest=guest, now=now or clock.now()
    )


def kinds(one, other):
    low, high = sorted([one.pk, other.pk])
    return set(Tie.objects.filter(low_id=low, high_id=high).values_list("kind", flat=True))


def test_opening_a_share_ties_two_people_once_whoever_was_there_first():
    link, bob, now = link_make(), user_make(), clock.now()
    opens(link, bob, now=now)
    opens(link, bob, now=now + timedelta(hours=1))
    tie = Tie.objects.get()
    assert {tie.low_id, tie.high_id} == {link.sharer_id, bob.pk}
    assert (tie.kind, tie.first_at, tie.last_at) == ("share", now, now + timedelta(hours=1))
    back = link_make(sharer=bob, store=link.store)
    opens(back, link.sharer, now=now + timedelta(hours=2))
    assert Tie.objects.count() == 1
    assert tied_to(bob.pk) == (link.sharer_id,)
    assert tied_to(link.sharer_id) == (bob.pk,)


def test_a_guest_and_oneself_tie_nobody():
    link = link_make()
    assert opens(link, None, guest=GUEST)
    assert not opens(link, link.sharer)
    assert not Tie.objects.exists()


def test_signing_in_ties_a_guest_to_every_sharer_but_oneself():
    first, second, bob, now = link_make(), link_make(), user_make(), clock.now()
    own = link_make(sharer=bob)
    for link in (first, second, own):
        opens(link, None, guest=GUEST, now=now)
    visits_adopt(guest=GUEST, visitor_id=bob.pk, now=now + timedelta(days=1))
    assert kinds(first.sharer, bob) == kinds(second.sharer, bob) == {"share"}
    assert Tie.objects.count() == 2
    assert Tie.objects.first().first_at == now
    assert Visit.objects.filter(visitor=bob).count() == 2


def test_everybody_of_a_group_is_tied_in_one_statement_and_once(django_assert_num_queries):
    crowd, now = [user_make() for _ in range(5)], clock.now()
    ids = [one.pk for one in crowd]
    with django_assert_num_queries(1):
        assert ties_make(people=ids, kind="group", now=now) == 10
    ties_make(people=reversed(ids), kind="group", now=now + timedelta(days=1))
    ties_make(people=[ids[0], ids[1]], kind="bargain", now=now)
    assert Tie.objects.count() == 11
    assert set(tied_to(ids[0])) == set(ids[1:])
    assert ties_make(people=[ids[0], ids[0]], kind="group", now=now) == 0


def test_the_latest_come_first_and_a_limit_holds():
    me, now = user_make(), clock.now()
    others = [user_make() for _ in range(4)]
    for number, one in enumerate(others):
        ties_make(people=[me.pk, one.pk], kind="bargain", now=now + timedelta(minutes=number))
    assert tied_to(me.pk, limit=2) == (others[3].pk, others[2].pk)


def test_a_tie_is_one_row_for_two_different_people():
    one, now = user_make(), clock.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Tie.objects.create(low=one, high=one, kind="group", first_at=now, last_at=now)


def test_a_tie_by_a_share_that_nobody_opened_is_named():
    link, bob = link_make(), user_make()
    opens(link, bob)
    assert not audit(now=clock.now(), names=["sharing.ties"])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sharing_visit")
    found = audit(now=clock.now(), names=["sharing.ties"])
    assert len(found) == 1
