"""A nudge is one task for many deliveries, and nothing falls between two of them."""

import pytest

from core import nudges
from core.broker import broker

KEYS = (nudges.FIRST, nudges.WAITING, nudges.ON_ITS_WAY)


@pytest.fixture
def sent(monkeypatch, settings):
    """How many tasks were sent; the list in the broker starts empty."""
    store = broker()
    store.delete(*KEYS)
    tasks: list[int] = []
    monkeypatch.setattr("core.tasks.deliveries_deliver.delay", lambda: tasks.append(1))
    yield tasks
    store.delete(*KEYS)


def test_many_nudges_are_one_task_until_it_begins(sent):
    for pk in range(5):
        nudges.nudge([pk, pk + 100])
    assert len(sent) == 1
    assert list(nudges.nudged()) == [0, 100, 1, 101, 2, 102, 3, 103, 4, 104]
    assert list(nudges.nudged()) == []


def test_money_goes_before_messages_that_waited_longer(sent, monkeypatch):
    monkeypatch.setattr(nudges, "AT_ONCE", 2)
    nudges.nudge([1, 2, 3, 4])
    running = nudges.nudged()
    assert [next(running), next(running)] == [1, 2]
    nudges.nudge([5], first=[6])
    assert list(running) == [6, 3, 4, 5]


def test_other_tasks_have_their_turn_after_a_while(sent, monkeypatch):
    monkeypatch.setattr(nudges, "AT_ONCE", 2)
    monkeypatch.setattr(nudges, "TURN_S", 0)
    nudges.nudge([1, 2, 3])
    assert (list(nudges.nudged()), len(sent)) == ([1, 2], 2)
    assert (list(nudges.nudged()), len(sent)) == ([3], 3)
    assert (list(nudges.nudged()), len(sent)) == ([], 3)


def test_what_comes_while_a_task_runs_sends_the_next_one(sent):
    nudges.nudge([1])
    running = nudges.nudged()
    assert next(running) == 1
    nudges.nudge([2])
    assert len(sent) == 2
    assert list(nudges.nudged()) == [2]
    assert list(running) == []


def test_a_lost_task_holds_up_nothing_for_long(sent, settings):
    nudges.nudge([1])
    store = broker()
    assert 0 < store.pttl(nudges.ON_ITS_WAY) <= nudges.LOST_AFTER_MS
    store.delete(nudges.ON_ITS_WAY)  # it has passed
    nudges.nudge([2])
    assert len(sent) == 2
    assert list(nudges.nudged()) == [1, 2]


def test_without_workers_the_list_stays_bounded(sent, monkeypatch):
    monkeypatch.setattr(nudges, "KEPT", 3)
    for pk in range(10):
        nudges.nudge([pk])
    assert list(nudges.nudged()) == [7, 8, 9]
