"""The sealed schedule: sums, floors and order for every mixture of helpers; every change is seen."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.bargain.schedule import (
    NEWCOMER,
    ORDINARY,
    Schedule,
    TakenCut,
    TamperedSchedule,
    Terms,
    commitment_of,
    row_for,
    schedule_draw,
    schedule_faults,
    schedule_read,
)

NONCE = bytes(range(32))


@st.composite
def terms(draw):
    helpers = draw(st.integers(1, 100))
    floor_fen = draw(st.integers(1, 10**7))
    spare_fen = draw(st.one_of(st.integers(0, 20), st.integers(0, 10**8)))
    return Terms(
        bargain="brg_test",
        list_fen=floor_fen + helpers + spare_fen,
        floor_fen=floor_fen,
        helpers=helpers,
        newcomer_slots=draw(st.integers(0, helpers)),
        newcomer_weight=draw(st.integers(1, 10)),
    )


def take_all(schedule: Schedule, newcomers: list[bool]) -> list[TakenCut]:
    """Everybody of the line helps, in order."""
    counts, taken = {NEWCOMER: 0, ORDINARY: 0}, []
    slots = (len(schedule.newcomer), len(schedule.ordinary))
    for is_newcomer in newcomers:
        row, position = row_for(
            is_newcomer=is_newcomer,
            newcomer_taken=counts[NEWCOMER],
            ordinary_taken=counts[ORDINARY],
            slots=slots,
        )
        counts[row] += 1
        taken.append(TakenCut(row, position, schedule.cut_fen(row, position), is_newcomer))
    return taken


@given(terms(), st.binary(min_size=32, max_size=32))
def test_the_cuts_are_at_least_a_fen_and_lead_exactly_to_the_floor(about, nonce):
    schedule = schedule_draw(about, nonce)
    cuts = [*schedule.newcomer, *schedule.ordinary]
    assert len(cuts) == about.helpers
    assert len(schedule.newcomer) == about.newcomer_slots
    assert min(cuts) >= 1
    assert about.list_fen - sum(cuts) == about.floor_fen


@settings(max_examples=200)
@given(terms(), st.data())
def test_every_mixture_of_helpers_reaches_the_floor_and_none_needs_one_more(about, data):
    schedule = schedule_draw(about, NONCE)
    newcomers = data.draw(
        st.lists(st.booleans(), min_size=about.helpers, max_size=about.helpers), label="newcomers"
    )
    taken = take_all(schedule, newcomers)
    assert sum(cut.cut_fen for cut in taken) == about.total_fen
    assert len({(cut.row, cut.position) for cut in taken}) == about.helpers
    assert all(sum(c.cut_fen for c in taken[:n]) < about.total_fen for n in range(about.helpers))
    assert schedule_faults(schedule.text, commitment_of(schedule.text), taken) == []
    with pytest.raises(ValueError, match="every cut is taken"):
        take_all(schedule, [*newcomers, True])


@given(terms(), st.binary(min_size=32, max_size=32))
def test_the_text_comes_back_and_the_same_nonce_draws_the_same(about, nonce):
    schedule = schedule_draw(about, nonce)
    assert schedule_read(schedule.text) == schedule == schedule_draw(about, nonce)


def about(**changes):
    return Terms(
        **{
            "bargain": "brg_test",
            "list_fen": 5900,
            "floor_fen": 3900,
            "helpers": 10,
            "newcomer_slots": 3,
            "newcomer_weight": 2,
            **changes,
        }
    )


def test_another_nonce_draws_other_cuts_and_another_commitment():
    one, other = (schedule_draw(about(), bytes([n]) * 32) for n in (1, 2))
    assert one.ordinary != other.ordinary
    assert commitment_of(one.text) != commitment_of(other.text)


def test_a_newcomers_cut_weighs_more_on_average():
    drawn = [
        schedule_draw(about(newcomer_slots=5), random.Random(n).randbytes(32)) for n in range(200)
    ]
    newcomers = sum(sum(one.newcomer) for one in drawn)
    ordinary = sum(sum(one.ordinary) for one in drawn)
    assert 1.9 < newcomers / ordinary < 2.1


@pytest.mark.parametrize(
    "changes",
    [
        {"helpers": 0, "newcomer_slots": 0},
        {"newcomer_slots": 11},
        {"floor_fen": 0},
        {"list_fen": 3909},
        {"newcomer_weight": 0},
    ],
)
def test_terms_that_no_schedule_fits(changes):
    with pytest.raises(ValueError, match="helper"):
        schedule_draw(about(**changes), NONCE)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"helpers": 1}', schedule_draw(about(), NONCE).text + " "]
)
def test_what_is_no_canonical_text(text):
    with pytest.raises(TamperedSchedule):
        schedule_read(text)


def fair():
    schedule = schedule_draw(about(), NONCE)
    return schedule, take_all(schedule, [True, False, False, True, True, True, False])


def test_a_fair_bargain_has_no_faults_with_and_without_knowing_who_was_new():
    schedule, taken = fair()
    blind = [replace(cut, is_newcomer=None) for cut in taken]
    for cuts in (taken, blind):
        found = schedule_faults(
            schedule.text, commitment_of(schedule.text), cuts, bargain="brg_test"
        )
        assert found == []


def test_a_schedule_that_was_changed_does_not_hash_to_its_commitment():
    schedule, taken = fair()
    told = json.loads(schedule.text)
    told["ordinary"][0] += 1
    told["ordinary"][1] -= 1
    changed = json.dumps(told, sort_keys=True, separators=(",", ":"))
    commitment = commitment_of(schedule.text)
    assert schedule_faults(changed, commitment, taken) == [
        "the text does not hash to the commitment"
    ]
    # Committed by a liar from the start: the nonce tells.
    assert "the nonce draws other cuts" in schedule_faults(changed, commitment_of(changed), [])


def test_every_kind_of_unfair_help_is_named():
    schedule, taken = fair()
    commitment = commitment_of(schedule.text)

    def faults(*cuts, **about):
        return schedule_faults(schedule.text, commitment, cuts, **about)

    first = taken[0]
    assert faults(replace(first, cut_fen=first.cut_fen - 1)) == [
        f"help 1 cut {first.cut_fen - 1}, not {first.cut_fen}"
    ]
    assert faults(replace(first, position=1))[0].startswith("help 1 took newcomer 1, not")
    assert faults(replace(first, is_newcomer=False))[0].startswith("help 1 took newcomer 0, not")
    assert faults(first, first)[0].startswith("help 2 took")
    assert faults(replace(first, row="gift"))[0].startswith("help 1 took gift")
    everybody = take_all(schedule, [False] * 10)
    assert faults(*everybody, first) == ["help 11 is one too many"]
    assert faults(first, bargain="brg_other") == ["the schedule is of brg_test"]
