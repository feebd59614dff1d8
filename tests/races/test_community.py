"""Many people at one group entry, each race with its control."""

import pytest
from django.db import connection

from community.locks import ran_out_mark
from community.models import CodeShowing, GroupCode, GroupEntry
from community.queries import code_known, entries_open
from community.services import code_change, code_show
from community.tests.factories import code_make, counter_make, entry_make
from core import clock
from core.models import Fact
from sharing.models import ShareLink
from stores.tests.factories import staff_make, store_make
from tests import cast
from tests.races.threads import LEADS, at_once, head_to_head, kinds, many, together, unlocked

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


# The merchant mends the code while somebody finds none.


@pytest.fixture
def full(entry):
    """The entry's only code, shown to as many as it has room for."""
    code = code_make(entry, capacity=1)
    look(entry, guest="a" * 26)
    return code


def mend(code):
    code_change(
        code_id=code.pk,
        name=code.name,
        capacity=9,
        spare=0,
        position=0,
        expires_at=None,
        is_stopped=False,
        now=clock.now(),
    )


def is_offered(entry):
    return bool(entries_open(entry.store_id))


def test_a_code_that_is_mended_after_they_looked_is_not_forgotten(entry, full, monkeypatch):
    def mark(entry_id, *, now):
        assert at_once(lambda: mend(full)) == [None]
        return ran_out_mark(entry_id, now=now)

    monkeypatch.setattr("community.services.codes.ran_out_mark", mark)
    assert look(entry, guest="b" * 26) is None
    assert is_offered(entry)
    assert not Fact.objects.filter(name="entry.ran_out").exists()


@pytest.mark.parametrize("lead_s", LEADS)
def test_mending_and_finding_none_at_once_leave_the_entry_open(entry, full, lead_s):
    told = head_to_head(lambda: look(entry, guest="b" * 26), lambda: mend(full), lead_s=lead_s)
    assert kinds(told) == {"ok": 2}
    assert is_offered(entry)


def test_without_the_entrys_lock_a_mended_code_is_forgotten(entry, full, monkeypatch):
    """Control: each has looked before the other wrote, and nobody waits."""
    met = together(lambda: None, 2)

    def mark(entry_id, *, now):
        met()
        return bool(GroupEntry.objects.filter(pk=entry_id).update(ran_out_at=now))

    def clear(entry_id):
        GroupEntry.objects.filter(pk=entry_id, ran_out_at__isnull=False).update(ran_out_at=None)
        met()

    monkeypatch.setattr("community.services.codes.ran_out_mark", mark)
    monkeypatch.setattr("community.services.codes.ran_out_clear", clear)
    told = at_once(lambda: look(entry, guest="b" * 26), lambda: mend(full))
    assert kinds(told) == {"ok": 2}
    assert not is_offered(entry)


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
