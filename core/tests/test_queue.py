"""A task about a row waits once, however often its deadline asks; what is lost is asked for again."""

import json
from types import SimpleNamespace

import pytest
from celery import shared_task

from core import queue
from core.broker import broker
from core.queue import HEADER, enqueue, taken

QUEUE = "default"


@shared_task(name="core.tests.test_queue.work")
def work(pk):
    """Nothing: no worker runs."""


@pytest.fixture
def waiting():
    """The rows whose task lies on the queue, and the messages."""

    def look():
        messages = [json.loads(one) for one in broker().lrange(QUEUE, 0, -1)]
        return [one for one in messages if one["headers"]["task"] == work.name]

    def clear():
        for key in (QUEUE, *broker().keys("waits:core.tests*")):
            broker().delete(key)

    clear()
    yield look
    clear()


def received(message):
    taken(SimpleNamespace(request_dict=message["headers"]))


def test_however_often_it_is_asked_for_it_waits_once(waiting):
    for _ in range(5):
        enqueue(work, 7)
    enqueue(work, 8)
    assert len(waiting()) == 2
    assert {one["headers"][HEADER].rpartition(":")[2] for one in waiting()} == {"7", "8"}


def test_once_a_worker_has_it_the_next_one_may_wait(waiting):
    """The worker may be killed with it."""
    enqueue(work, 7)
    received(waiting()[0])
    enqueue(work, 7)
    enqueue(work, 7)
    assert len(waiting()) == 2


def test_a_message_that_was_lost_holds_up_the_next_no_longer_than_it_would_have_lived(waiting):
    enqueue(work, 7)
    (message,) = waiting()
    assert 0 < broker().ttl(message["headers"][HEADER]) <= queue.EXPIRES_S
    assert message["headers"]["expires"] is not None


def test_a_broker_that_refuses_is_somebody_elses_trouble(waiting, monkeypatch, caplog):
    def refuse(*_args, **_more):
        raise ConnectionError("away")

    monkeypatch.setattr(work, "apply_async", refuse)
    enqueue(work, 7)
    assert "the broker took no core.tests.test_queue.work of 7" in caplog.text


def test_other_tasks_are_received_as_ever(waiting):
    taken(SimpleNamespace(request_dict={"task": "core.tasks.deadlines_tick"}))
