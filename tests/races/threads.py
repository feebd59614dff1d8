"""Real threads on PostgreSQL, let go at the same moment."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from threading import Barrier, BrokenBarrierError
from typing import Any, TypeVar

from django.db import connection

from core import prepared

T = TypeVar("T")

# Who comes first by how many seconds: a race is run from both sides and head to head.
LEADS = [-0.03, 0, 0, 0.03]
MEETING_S = 20
WRITES = re.compile(r"\b(INSERT INTO|DELETE FROM|UPDATE \S+ (AS \S+ )?SET)\b")
EXECUTES = re.compile(r"\bEXECUTE (\w+)")


def at_once(*acts: Callable[[], T]) -> list[T | Exception]:
    """What each act returned or raised, in order; each runs on a connection of its own."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T | Exception:
        try:
            connection.ensure_connection()
            barrier.wait()
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def many(act: Callable[[int], T], number: int) -> list[T | Exception]:
    """The same act, numbered."""
    return at_once(*[lambda n=n: act(n) for n in range(number)])


def head_to_head(
    one: Callable[[], Any], other: Callable[[], Any], *, lead_s: float
) -> tuple[Any, Any]:
    """Both at once; `one` comes first by `lead_s`, or last by it when it is negative."""

    def late(act: Callable[[], T], wait_s: float) -> Callable[[], T]:
        def run() -> T:
            time.sleep(max(wait_s, 0))
            return act()

        return run

    first, second = at_once(late(one, -lead_s), late(other, lead_s))
    return first, second


def together(read: Callable[..., T], number: int, *, wait_s: float = MEETING_S) -> Callable[..., T]:
    """For controls: `read`, after which the first `number` readers wait for one another.

    Everybody has then seen the same before anybody writes, which is what the guard prevents.
    A reader who is left alone for `wait_s` goes on.
    """
    barrier, numbers = Barrier(number), count(1)

    def run(*args: Any, **kwargs: Any) -> T:
        found = read(*args, **kwargs)
        if next(numbers) <= number:
            with suppress(BrokenBarrierError):
                barrier.wait(timeout=wait_s)
        return found

    return run


def unlocked(read: Callable[..., T], number: int) -> Callable[..., T]:
    """For controls: `read` in the place of a lock. Its first `number` callers wait for one another
    as in `together`, and once more before each writes for the first time.

    So whatever else they read after the guard, nobody has written yet.
    """
    seen, met, numbers = together(read, number), together(lambda: None, number), count(1)

    def run(*args: Any, **kwargs: Any) -> T:
        found = seen(*args, **kwargs)
        if next(numbers) <= number:
            wrappers = connection.execute_wrappers

            def before_writing(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
                if before_writing in wrappers and writes(sql):
                    wrappers.remove(before_writing)
                    met()
                return execute(sql, *rest)

            wrappers.append(before_writing)
        return found

    return run


def writes(sql: str) -> bool:
    """Whether a statement changes rows, by itself or by what was prepared under its name."""
    text = EXECUTES.sub(lambda named: prepared._all[named[1]].text, sql)
    return WRITES.search(" ".join(text.split())) is not None


def kinds(results: list[Any] | tuple[Any, ...]) -> dict[str, int]:
    """How often which exception (or "ok") came out."""
    told: dict[str, int] = {}
    for one in results:
        name = type(one).__name__ if isinstance(one, Exception) else "ok"
        told[name] = told.get(name, 0) + 1
    return told
