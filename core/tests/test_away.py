"""A server that takes connections and never says a word: the first to ask waits, and nobody else."""

import socket
from contextlib import suppress

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from campaigns.flash import gate
from core import away, deliveries, nudges
from core.away import Away, NotAsked

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture
def patient(monkeypatch):
    """However slow the machine is, nobody asks again by themselves."""
    monkeypatch.setattr(away, "AWAY_S", 600.0)


class Silent:
    """It listens; whoever connects is counted and told nothing."""

    def __init__(self, listening):
        self._listening, self._kept = listening, []
        self.url = f"redis://127.0.0.1:{listening.getsockname()[1]}/0"

    def asked(self):
        """How many connected since this was asked last."""
        before = len(self._kept)
        with suppress(BlockingIOError):
            while True:
                self._kept.append(self._listening.accept()[0])
        return len(self._kept) - before

    def close(self):
        for one in [*self._kept, self._listening]:
            one.close()


@pytest.fixture
def silent():
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    server = Silent(listening)
    yield server
    server.close()


@pytest.mark.django_db
def test_the_second_page_costs_nothing_while_the_cache_hangs(client, settings, silent):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": silent.url}}
    assert client.get("/").status_code == 200
    assert silent.asked() == 1
    assert client.get("/cart/").status_code == 200
    assert client.get("/").status_code == 200
    assert silent.asked() == 0


def test_the_second_fact_costs_nothing_while_the_broker_hangs(settings, silent):
    settings.CELERY_BROKER_URL = silent.url
    with pytest.raises(RedisTimeoutError):
        nudges.nudge([1])
    assert silent.asked() == 1
    with pytest.raises(NotAsked):
        nudges.nudge([2])
    assert silent.asked() == 0


def test_a_broker_that_is_not_asked_leaves_a_fact_to_the_sweep_without_a_word(monkeypatch, caplog):
    def not_asked(pks, *, first):
        raise NotAsked

    class Queued:
        inline = first = False

    monkeypatch.setattr(deliveries, "subscriber_get", lambda name: Queued)
    monkeypatch.setattr(deliveries, "nudge", not_asked)
    deliveries.deliveries_nudge([(1, "test.queued")])
    assert caplog.text == ""


def test_the_second_buyer_costs_nothing_while_the_gate_hangs(settings, silent):
    settings.CACHE_URL = silent.url
    told = [gate.gate_enter(offer_id=1, left=1, quantity=1, holder=holder) for holder in ("a", "b")]
    assert told == [True, True]
    assert silent.asked() == 1


def silence():
    raise RedisConnectionError("away")


def refusal():
    raise ResponseError("OOM")


def test_after_a_while_one_asks_and_the_others_go_on_without(monkeypatch):
    ours = Away()
    with suppress(RedisConnectionError):
        ours.ask("there", silence)
    monkeypatch.setattr(away, "monotonic", lambda: 10.0**9)

    def meanwhile():
        with pytest.raises(NotAsked):
            ours.ask("there", lambda: "too many")
        return "back"

    assert ours.ask("there", meanwhile) == "back"
    assert ours.ask("there", lambda: "well") == "well"


def test_silence_of_one_server_says_nothing_of_another():
    ours = Away()
    with suppress(RedisConnectionError):
        ours.ask("there", silence)
    assert ours.ask("elsewhere", lambda: "here") == "here"


def test_a_refusal_is_an_answer():
    ours = Away()
    with pytest.raises(ResponseError):
        ours.ask("there", refusal)
    assert ours.ask("there", lambda: "well") == "well"
