"""Hot statements are planned once for each connection, and not at all behind a pooler."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import prepared
from core.prepared import Prepared, run_together


@pytest.fixture
def statement(monkeypatch):
    """A statement of a test's own; what connections know of it is forgotten with it."""
    monkeypatch.setattr(prepared, "_all", {})
    one = Prepared("test_added", "SELECT %(a)s::int + %(b)s::int, %(a)s::int")
    yield one
    with connection.cursor() as cursor:
        for known in prepared._known.values():
            known.discard(one.name)
        cursor.execute("DEALLOCATE ALL")
        prepared._known.pop(connection.connection, None)


def sent(act):
    with CaptureQueriesContext(connection) as seen:
        act()
    return [query["sql"].split("(")[0] for query in seen.captured_queries]


def test_a_name_that_postgresql_would_cut_is_refused():
    with pytest.raises(ValueError, match="cut"):
        Prepared("n" * 64, "SELECT 1")


@pytest.mark.django_db
def test_it_is_prepared_once_and_then_run_by_its_name(statement):
    again = lambda: statement.row({"a": 1, "b": 2})  # noqa: E731
    assert sent(again) == sent(again) == ["EXECUTE test_added"]
    assert again() == (3, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE name = 'test_added'")
        assert cursor.fetchall() == [(1,)]
    assert statement.rows({"b": 5, "a": 7, "more": 1}) == [(12, 7)]


@pytest.mark.django_db(transaction=True)
def test_another_connection_prepares_it_again(statement):
    statement.row({"a": 1, "b": 2})
    connection.close()
    assert statement.row({"a": 1, "b": 2}) == (3, 1)


@pytest.mark.django_db
def test_behind_a_pooler_nothing_is_prepared(statement, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    assert not any("EXECUTE" in one for one in sent(lambda: statement.row({"a": 1, "b": 2})))
    assert statement.row({"a": 1, "b": 2}) == (3, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("max_age", [60, 0])
def test_several_go_in_one_trip_each_with_its_own_values(statement, monkeypatch, max_age):
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", max_age)
    statement.row({"a": 0, "b": 0})
    work = [(statement, {"a": 1, "b": 1}), (statement, {"a": 5, "b": 6})]
    with CaptureQueriesContext(connection) as seen, connection.cursor() as cursor:
        run_together(cursor, work)
        assert cursor.fetchall() == [(11, 5)]
    assert len(seen.captured_queries) == 1


@pytest.mark.django_db
def test_a_name_is_one_statements(statement):
    assert Prepared("test_added", statement.text).execute == statement.execute
    with pytest.raises(ValueError, match="test_added"):
        Prepared("test_added", "SELECT 1")
