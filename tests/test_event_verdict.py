"""What `make bench ARGS=event` makes of its numbers: whatever is wrong with one of them fails it."""

import sys
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace

import pytest

from bench import event
from bench.__main__ import main
from bench.event import ERRORS, Outcome

# Just as much of everything as there must be.
ENOUGH = Outcome(
    crowd=1000,
    pieces=210,
    counted=Counter(people=1000, by_link=900, orders=200, paid=160),
    sold=42,
    groups=50,
    refunds=1,
    visits=891,
    brought=180,
    left={},
    findings=[],
)


def counted(**changes):
    return {"counted": Counter({**ENOUGH.counted, **changes})}


WRONG = {
    "oversold": {"sold": 211},
    "stuck": {"left": {"refunds": 1}},
    "books": {"findings": ["BROKEN seats.count: group grp_1: 5 seats of 4"]},
    **{one: counted(**{one: 1}) for one in ERRORS},
    "too few people": counted(people=999),
    "too few orders": counted(orders=199),
    "too few paid": counted(paid=159),
    "too few visits": {"visits": 890},
    "too few brought": {"brought": 179},
    "too few sold": {"sold": 41},
    "too few refunds": {"refunds": 0},
}


def test_what_is_just_enough_passes(capsys):
    assert event._told(ENOUGH, seconds=7.4) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == (
        "event: people=1000 orders=200 groups=50 refunds=1 oversold=0 stuck=0 books=equal seconds=7"
    )
    assert "fell short" not in said


@pytest.mark.parametrize("word", WRONG)
def test_whatever_is_wrong_fails_it_and_is_named(capsys, word):
    assert event._told(replace(ENOUGH, **WRONG[word]), seconds=7.4) == 1
    *_others, short, last = capsys.readouterr().out.splitlines()
    assert short == f"  fell short: {word}"
    assert last.startswith("event: people=")


def test_all_that_is_wrong_is_named_at_once(capsys):
    wrong = replace(ENOUGH, sold=213, left={"orders": 2}, findings=["BROKEN"], brought=0)
    assert event._told(wrong, seconds=7.4) == 1
    said = capsys.readouterr().out
    assert "  fell short: oversold, stuck, books, too few brought\n" in said
    assert "oversold=3 stuck=2 books=different" in said


@pytest.mark.parametrize("verdict", [0, 1])
def test_the_command_exits_with_the_verdict(monkeypatch, verdict):
    monkeypatch.setattr(sys, "argv", ["bench", "event", "--people", "7"])
    monkeypatch.setattr(event, "shop_running", lambda *_args, **_named: nullcontext())
    monkeypatch.setattr(event, "played", lambda _shop, **_named: verdict)
    assert main() == verdict
