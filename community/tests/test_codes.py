"""Which code a person is shown: the first with room, the same one again, none when all are gone."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.tests.factories import user_make
from community.models import CodeShowing, GroupCode, GroupEntry
from community.queries import entries_open, entries_short, with_states, with_supply
from community.rotation import MARGIN
from community.services import CodeRefused, code_change, code_show
from community.tests.factories import code_make, entry_make
from core import clock
from core.models import Fact
from stores.tests.factories import store_make
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry():
    return entry_make()


def show(entry, who=None, *, guest="", now=None):
    return code_show(
        entry_id=entry.pk,
        person_id=who.pk if who else None,
        guest=guest,
        now=now or clock.now(),
    )


def shown(code):
    code.refresh_from_db()
    return code.shown


def states(entry, now=None):
    rows = with_states(GroupCode.objects.filter(entry=entry), now=now or clock.now())
    return list(rows.order_by("position", "id").values_list("state_now", flat=True))


def change(code, **fields):
    names = ("name", "capacity", "spare", "position", "expires_at", "is_stopped")
    told = {name: getattr(code, name) for name in names} | fields
    code_change(code_id=code.pk, now=clock.now(), **told)
    code.refresh_from_db()


def test_one_person_is_counted_once_and_sees_the_same_code_again(entry):
    first, second = code_make(entry, capacity=2), code_make(entry)
    who = user_make()
    assert show(entry, who) == show(entry, who) == first.pk
    assert show(entry, guest="a" * 26) == first.pk
    assert show(entry, user_make()) == second.pk
    # Full for others, the same for whoever is in it.
    assert show(entry, who) == first.pk
    assert show(entry, guest="a" * 26) == first.pk
    assert (shown(first), shown(second)) == (2, 1)
    assert cast.broken("community.codes") == []


def test_whoever_signs_in_keeps_the_code_of_their_cookie(entry):
    code = code_make(entry)
    show(entry, guest="a" * 26)
    assert show(entry, user_make(), guest="a" * 26) == code.pk
    assert shown(code) == 1
    assert CodeShowing.objects.count() == 1


def test_the_spare_places_are_kept_back(entry):
    first, second = code_make(entry, capacity=3, spare=2), code_make(entry)
    assert [show(entry, user_make()) for _ in range(2)] == [first.pk, second.pk]


def test_position_decides_before_age(entry):
    code_make(entry, position=1)
    earlier = code_make(entry, position=0)
    assert show(entry, user_make()) == earlier.pk


@pytest.mark.parametrize(
    ("left", "is_shown"),
    [(MARGIN, False), (MARGIN + timedelta(seconds=1), True), (timedelta(0), False)],
)
def test_a_code_is_left_two_hours_before_it_expires(entry, left, is_shown):
    now = clock.now()
    code = code_make(entry, expires_at=now + left)
    assert (show(entry, user_make(), now=now) == code.pk) is is_shown


def test_whoever_had_a_code_that_expired_gets_the_next_and_counts_there(entry):
    now = clock.now()
    old = code_make(entry, expires_at=now + timedelta(days=1))
    lasting = code_make(entry, expires_at=None)
    who = user_make()
    assert show(entry, who, now=now) == old.pk
    assert show(entry, who, now=now + timedelta(days=1)) == lasting.pk
    assert (shown(old), shown(lasting)) == (1, 1)


def test_a_stopped_code_is_shown_to_nobody(entry):
    first, second = code_make(entry), code_make(entry)
    who = user_make()
    show(entry, who)
    change(first, is_stopped=True)
    assert show(entry, who) == second.pk
    assert states(entry) == ["stopped", "current"]


def test_codes_of_another_entry_are_never_shown(entry):
    code_make(entry_make(entry.store))
    assert show(entry, user_make()) is None


def test_running_out_is_said_once_until_there_is_a_code_again(entry):
    code_make(entry, capacity=1)
    show(entry, user_make())
    for _ in range(3):
        assert show(entry, user_make()) is None
    (fact,) = Fact.objects.filter(name="entry.ran_out")
    assert fact.payload == {"entry_id": entry.pk, "store_id": entry.store_id}
    entry.refresh_from_db()
    assert entry.ran_out_at is not None
    code_make(entry, capacity=1)
    entry.refresh_from_db()
    assert entry.ran_out_at is None
    show(entry, user_make())
    show(entry, user_make())
    assert Fact.objects.filter(name="entry.ran_out").count() == 2


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({"capacity": 1}, {"capacity": 2}),
        ({"spare": 49}, {"spare": 48}),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, {"expires_at": None}),
        ({"is_stopped": True}, {"is_stopped": False}),
    ],
    ids=["full", "kept back", "expired", "stopped"],
)
def test_an_entry_that_ran_out_is_offered_again_when_its_code_is_mended(entry, wrong, right):
    code = code_make(entry, capacity=50)
    show(entry, user_make())
    change(code, **wrong)
    assert show(entry, user_make()) is None
    change(code, name="老友旧群")
    entry.refresh_from_db()
    assert entry.ran_out_at is not None
    assert entries_open(entry.store_id) == ()
    change(code, **right)
    entry.refresh_from_db()
    assert entry.ran_out_at is None
    assert [one.public_id for one in entries_open(entry.store_id)] == [entry.public_id]
    assert show(entry, user_make()) == code.pk


def test_somebody_is_needed(entry):
    with pytest.raises(ValueError, match="somebody"):
        show(entry)


def test_states_say_which_is_shown_which_waits_and_which_is_over(entry):
    now = clock.now()
    full = code_make(entry, capacity=1)
    code_make(entry, expires_at=now + timedelta(hours=1))
    code_make(entry)
    code_make(entry, expires_at=None)
    show(entry, user_make())
    assert states(entry, now) == ["full", "expired", "current", "next"]
    assert shown(full) == 1


def test_what_is_left_of_an_entry(entry):
    now = clock.now()
    until = now + timedelta(days=3)
    code_make(entry, capacity=30, spare=5, expires_at=until)
    code_make(entry, capacity=40, spare=0, expires_at=until + timedelta(days=1))
    show(entry, user_make())
    row = with_supply(GroupEntry.objects.all(), now=now).get()
    assert (row.codes_left, row.places_left) == (2, 64)
    assert row.lasts_until == until + timedelta(days=1)
    code_make(entry, expires_at=None)
    assert with_supply(GroupEntry.objects.all(), now=now).get().lasts_until is None


def test_an_entry_is_short_before_it_runs_out(entry, django_assert_num_queries):
    now, store = clock.now(), entry.store
    assert entries_short(store.pk, now=now) == 1
    code = code_make(entry, capacity=20)
    with django_assert_num_queries(1):
        assert entries_short(store.pk, now=now) == 0
    assert entries_short(store.pk, now=now + timedelta(days=6)) == 1
    show(entry, user_make())
    assert entries_short(store.pk, now=now) == 1
    change(code, capacity=100)
    assert entries_short(store.pk, now=now) == 0
    assert entries_short(None, now=now) == 0
    change(code, is_stopped=True)
    assert entries_short(None, now=now) == 1
    assert entries_short(store_make().pk, now=now) == 0
    GroupEntry.objects.update(is_open=False)
    assert entries_short(None, now=now) == 0


def test_a_capacity_below_what_was_shown_is_refused(entry):
    code = code_make(entry)
    show(entry, user_make())
    show(entry, user_make())
    with pytest.raises(CodeRefused, match="2 人"):
        change(code, capacity=1)
    with pytest.raises(CodeRefused, match="预留"):
        change(code, capacity=5, spare=5)
    with pytest.raises(CodeRefused, match="预留"):
        code_make(entry, capacity=5, spare=6)
    code.refresh_from_db()
    assert (code.capacity, code.shown) == (50, 2)


def test_the_stored_picture_is_a_fresh_drawing(entry):
    code = code_make(entry)
    assert code.picture.name.startswith("groups/")
    assert code.picture.name.endswith(".webp")
    assert (code.width, code.height) == (400, 500)


@pytest.mark.parametrize("corrupt", ["counter", "row"])
def test_the_audit_names_a_code_that_counts_wrongly(entry, corrupt):
    code = code_make(entry)
    show(entry, user_make())
    assert cast.broken("community.codes") == []
    if corrupt == "counter":
        GroupCode.objects.update(shown=3)
    else:
        CodeShowing.objects.all().delete()
    (found,) = cast.broken("community.codes")
    assert f"group code {code.pk}" in found
