"""For how long PostgreSQL is waited for, and that nothing waits without an end."""

import pytest
from django.db import connection

from shop.database import database


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        # The tests' own: see `local/test.py`.
        ("lock_timeout", "2min"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("plan_cache_mode", "force_generic_plan"),
    ],
)
def test_a_connection_begins_with_its_limits(setting, value):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        assert cursor.fetchone() == (value,)


@pytest.fixture
def with_variables(monkeypatch):
    def options(**variables):
        for name in ("CONN_MAX_AGE", "DATABASE_LOCK_TIMEOUT_S"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return database()["OPTIONS"]

    return options


def test_a_server_that_vanished_is_noticed_in_seconds(with_variables):
    told = with_variables()
    silent_s = told["keepalives_idle"] + told["keepalives_count"] * told["keepalives_interval"]
    assert told["keepalives"] == 1
    assert silent_s <= 30
    assert told["tcp_user_timeout"] <= 15_000
    assert set(told) - {"options"} <= set(connection.get_connection_params())


def test_the_wait_for_a_lock_may_be_set(with_variables):
    assert "-c lock_timeout=10s" in with_variables()["options"]
    assert "-c lock_timeout=3s" in with_variables(DATABASE_LOCK_TIMEOUT_S="3")["options"]


def test_a_pooler_is_told_nothing_that_it_would_refuse(with_variables):
    told = with_variables(CONN_MAX_AGE="0")
    assert "options" not in told
    assert told["keepalives"] == 1


def test_what_the_address_says_goes_before_what_we_do(with_variables):
    address = "postgres://shop@db:5432/shop?connect_timeout=1&options=-c%20lock_timeout%3D1s"
    told = with_variables(DATABASE_URL=address)
    assert told["connect_timeout"] == 1
    # Of two the later one counts.
    assert told["options"].endswith("-c lock_timeout=1s")
