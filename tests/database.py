"""What tests do with the database itself: count its statements, see how it would run them, and go
behind its guards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

OURS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "EXECUTE")


def statements(act: Callable[[], Any]) -> int:
    """How many trips it takes, savepoints and what prepares a statement left out."""
    with CaptureQueriesContext(connection) as seen:
        act()
    return sum(query["sql"].lstrip().startswith(OURS) for query in seen.captured_queries)


def plans(act: Callable[[], Any]) -> list[str]:
    """How each statement that it sends would be run if no table were worth reading as a whole: a
    test's own are so small that every one is."""
    with CaptureQueriesContext(connection) as seen:
        act()
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        for query in seen.captured_queries:
            if query["sql"].lstrip().startswith(("SELECT", "WITH")):
                cursor.execute("EXPLAIN " + query["sql"])
                found.append("\n".join(line for (line,) in cursor.fetchall()))
        cursor.execute("RESET enable_seqscan")
    return found


@contextmanager
def unguarded() -> Iterator[None]:
    """Without the triggers and foreign keys' checks that would refuse a corruption."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
