"""Calls to Tencent: room for few, and three seconds for all that one of us waits for."""

from threading import BoundedSemaphore

import pytest
from django.conf import settings

from core import outbound
from core.outbound import NoRoom, call_room, calls_within, timeouts
from local.stack import commands


@pytest.fixture
def pass_s(monkeypatch):
    """Time stands still until it is told to pass."""
    passed = [1000.0]
    monkeypatch.setattr(outbound.time, "monotonic", lambda: passed[0])

    def run(seconds):
        passed[0] += seconds

    return run


def test_a_web_process_has_threads_left_when_tencent_hangs(tmp_path):
    web = commands(web_port=1, simulator_port=2, folder=tmp_path)["web"]
    threads = int(web[web.index("--blocking-threads") + 1])
    assert 0 < settings.TENCENT_CALLS_AT_ONCE < threads


def test_all_calls_of_one_of_us_share_three_seconds(pass_s):
    with calls_within():
        assert sum(timeouts()) == pytest.approx(3)
        assert timeouts()[0] == pytest.approx(1)
        pass_s(1.5)
        assert sum(timeouts()) == pytest.approx(1.5)
        assert timeouts()[0] == pytest.approx(0.5)
        with calls_within():
            pass_s(0.5)
            assert sum(timeouts()) == pytest.approx(1)
        pass_s(0.8)
        with pytest.raises(NoRoom):
            timeouts()
        with pytest.raises(NoRoom), call_room():
            pytest.fail("there is no time left")
    with calls_within():
        assert sum(timeouts()) == pytest.approx(3)


def test_room_is_taken_once_and_given_back(monkeypatch):
    monkeypatch.setattr(outbound, "_room", room := BoundedSemaphore(1))
    monkeypatch.setattr(outbound, "ROOM_WAIT_S", 0.01)
    with call_room(), call_room():
        assert not room.acquire(blocking=False)
    with pytest.raises(ZeroDivisionError), call_room():
        raise ZeroDivisionError
    assert room.acquire(blocking=False)
    with pytest.raises(NoRoom), call_room():
        pytest.fail("there is no room")
