"""Real threads on PostgreSQL, let go at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


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


def kinds(results: list[object]) -> dict[str, int]:
    """How often which exception (or "ok") came out."""
    told: dict[str, int] = {}
    for one in results:
        name = type(one).__name__ if isinstance(one, Exception) else "ok"
        told[name] = told.get(name, 0) + 1
    return told
