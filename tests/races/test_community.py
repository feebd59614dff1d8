"""Many people at one group entry, each race with its control."""

import pytest
from django.db import connection

from community.models import CodeShowing, GroupCode
from community.queries import code_known
from community.services import code_show
from community.tests.factories import code_make, counter_make, entry_make
from core import clock
from core.models import Fact
from sharing.models import ShareLink
from stores.tests.factories import staff_make, store_make
from tests import cast
from tests.races.threads import kinds, many, together, unlocked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entry():
    return entry_make()


def look(entry, *, person_id=None, guest=""):
    return code_show(entry_id=entry.pk, person_id=person_id, guest=guest, now=clock.now())


def counts():
    return list(GroupCode.objects.order_by("pk").values_list("shown", flat=True))


# Sixty people, fifty places on the first code.


def test_sixty_at_once_are_fifty_on_the_first_and_ten_on_the_second(entry):
    first, second = code_make(entry, capacity=50), code_make(entry, capacity=50)
    told = many(lambda n: look(entry, guest=f"{n:026d}"), 60)
    assert (told.count(first.pk), told.count(second.pk)) == (50, 10)
    assert counts() == [50, 10]
    assert cast.broken("community.codes") == []


def test_without_the_condition_a_code_counts_less_than_it_was_shown_to(entry, monkeypatch):
    """Control: a place that is taken by writing what was seen."""
    code_make(entry, capacity=1)
    seen = unlocked(lambda pk: GroupCode.objects.get(pk=pk), 2)

    def careless(code_id, *, now):
        code = seen(code_id)
        if code.shown >= code.capacity - code.spare:
            return False
        GroupCode.objects.filter(pk=code_id).update(shown=code.shown + 1)
        return True

    monkeypatch.setattr("community.services.codes.place_take", careless)
    told = kinds(many(lambda n: look(entry, guest=f"{n:026d}"), 2))
    assert told == {"ok": 2}
    assert CodeShowing.objects.count() == 2
    assert len(cast.broken("community.codes")) == 1


# One person in eight tabs.


def test_eight_tabs_of_one_person_take_one_place(entry):
    code_make(entry)
    who = cast.person()
    told = many(lambda _n: look(entry, person_id=who.id), 8)
    assert len(set(told)) == 1
    assert counts() == [1]


def test_without_the_lock_two_tabs_show_two_groups(entry, monkeypatch):
    """Control: both look before either was shown anything, and the first code has one place."""
    code_make(entry, capacity=1)
    code_make(entry, capacity=1)
    who = cast.person()
    monkeypatch.setattr("community.services.codes.viewer_lock", lambda *_: None)
    monkeypatch.setattr("community.services.codes.code_known", together(code_known, 2))
    told = many(lambda _n: look(entry, person_id=who.id), 2)
    assert len(set(told)) == 2
    assert counts() == [1, 1]


# Everybody finds nothing at once: the store is told once.


def test_twenty_who_find_nothing_make_one_fact(entry):
    told = many(lambda n: look(entry, guest=f"{n:026d}"), 20)
    assert set(told) == {None}
    assert Fact.objects.filter(name="entry.ran_out").count() == 1


# A process that dies between the count and the row leaves neither.


def test_killed_in_between_nothing_is_counted(entry, monkeypatch):
    code_make(entry)

    def dies(**_fields):
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr("community.services.codes.CodeShowing.objects.create", dies)
        with pytest.raises(ConnectionError):
            look(entry, guest="a" * 26)
    assert counts() == [0]
    assert look(entry, guest="a" * 26)
    assert not connection.in_atomic_block


# The same code for the counter, asked for eight times.


def test_the_same_counter_code_eight_times_is_one():
    store = store_make()
    person_id = staff_make(store).user_id
    told = many(lambda _n: counter_make(store, person_id=person_id).pk, 8)
    assert len(set(told)) == 1
    assert ShareLink.objects.count() == 1
    assert cast.broken("community.counters") == []
