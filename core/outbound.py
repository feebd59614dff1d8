"""Calls to Tencent while somebody waits: few at once per process, and three seconds in all.

A web process has a handful of threads. When Tencent hangs, the calls that may be made at once hang
with it and every other one is refused; the rest of the threads go on serving pages.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings

# To find room, to connect, to wait for the answer, and to repeat all of it: in seconds, together.
TOTAL_S = 3.0
# How long a call waits for room.
ROOM_WAIT_S = 0.5
# To connect at most, in seconds; and never more than this part of what is left.
CONNECT_S, CONNECT_PART = 1.0, 1 / 3
# With less than this left nothing is begun.
LEAST_S = 0.3

_until: ContextVar[float | None] = ContextVar("calls_end_at", default=None)
_is_inside: ContextVar[bool] = ContextVar("has_room_to_call", default=False)
_room = threading.BoundedSemaphore(settings.TENCENT_CALLS_AT_ONCE)


class NoRoom(Exception):
    """Too many calls at once, or no time left for another one. Nothing was sent."""


@contextmanager
def calls_within(total_s: float = TOTAL_S) -> Iterator[None]:
    """All calls inside share so many seconds; within another one, its end stands."""
    if _until.get() is not None:
        yield
        return
    token = _until.set(time.monotonic() + total_s)
    try:
        yield
    finally:
        _until.reset(token)


@contextmanager
def call_room() -> Iterator[None]:
    """Room for a call; within another one, the same. Raises NoRoom."""
    if _is_inside.get():
        yield
        return
    with calls_within():
        left_s = time_left_s()
        if left_s < LEAST_S or not _room.acquire(timeout=min(ROOM_WAIT_S, left_s)):
            raise NoRoom("too many calls at once")
        token = _is_inside.set(True)
        try:
            yield
        finally:
            _is_inside.reset(token)
            _room.release()


def time_left_s() -> float:
    """How many seconds the calls of now may still take: all of them outside `calls_within`."""
    until = _until.get()
    return TOTAL_S if until is None else max(until - time.monotonic(), 0.0)


def timeouts() -> tuple[float, float]:
    """(to connect, to wait for an answer) in seconds, for the next call: what is left, together.

    Raises NoRoom when that is nothing.
    """
    left_s = time_left_s()
    if left_s < LEAST_S:
        raise NoRoom("no time is left")
    connect_s = min(CONNECT_S, left_s * CONNECT_PART)
    return connect_s, left_s - connect_s
