"""What guests opened goes when nobody can claim it any more; what people opened stays."""

from datetime import timedelta

import pytest

from accounts.tests.factories import user_make
from core import clock, guests
from sharing.arrivals import arrival_record
from sharing.guests import KEPT, guests_forget
from sharing.models import WINDOW_DAYS, Arrival, Visit
from sharing.sources import PERIODS
from sharing.tests.factories import link_make, visit_make
from stores.tests.factories import store_make

pytestmark = pytest.mark.django_db


def test_nothing_goes_that_could_be_claimed_or_is_counted():
    longest = max(*WINDOW_DAYS, *PERIODS)
    assert KEPT >= guests.AGE
    assert timedelta(days=longest) <= KEPT


def test_old_visits_of_guests_go_and_peoples_stay():
    now = clock.now()
    link = link_make()
    visit_make(link, at=now - KEPT - timedelta(seconds=1))
    visit_make(link, at=now - KEPT - timedelta(days=400))
    young = visit_make(link, at=now - KEPT + timedelta(seconds=1))
    known = visit_make(link, user_make(), at=now - KEPT - timedelta(days=400))
    assert guests_forget(now=now) == 2
    assert guests_forget(now=now) == 0
    assert set(Visit.objects.all()) == {young, known}


def test_a_visit_that_was_repeated_lately_stays():
    now = clock.now()
    link = link_make()
    for days in (400, 1):
        visit_make(link, guest="g" * 26, at=now - timedelta(days=days))
    assert guests_forget(now=now) == 0
    assert Visit.objects.count() == 1


@pytest.mark.parametrize("source", Arrival.Source.values)
def test_old_arrivals_go_of_guests_and_of_people(source):
    now, store = clock.now(), store_make()
    old, young = now - KEPT - timedelta(seconds=1), now - KEPT + timedelta(seconds=1)
    people = [user_make().pk for _ in range(2)]
    for number, at in enumerate((old, young)):
        for visitor, guest in ((people[number], ""), (None, f"{number:026d}")):
            arrival_record(
                source=source, store_id=store.pk, visitor_id=visitor, guest=guest, now=at
            )
    assert guests_forget(now=now) == 2
    assert guests_forget(now=now) == 0
    assert set(Arrival.objects.values_list("guest", "visitor_id")) == {
        (f"{1:026d}", None),
        ("", people[1]),
    }
