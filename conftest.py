"""What holds for every test: how the database is emptied, and how tests run side by side.

After a test that committed, only the tables that hold something are emptied.

Django truncates every table, which costs a third of a second with as many as ours, a hundred times
what most tests leave behind. Deleting needs a server on which constraints may be left out meanwhile,
as the one that the tests start; elsewhere everything is truncated. What Django itself writes about the
models stays: making its four hundred permissions anew after each test takes a tenth of a second.

Side by side (`pytest -n`), every worker has a database by pytest-django, and by this a broker and a
cache. What starts whole shops shares ports, folders and all cores, so one worker runs all of it.
"""

import os
from collections.abc import Sequence
from typing import Any

import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import HealthCheck
from hypothesis import settings as examples
from xdist.scheduler.loadscope import LoadScopeScheduling

from local.environment import with_database

# No test is timed: a machine that is busy with something else fails nothing.
examples.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("untimed")

ABOUT_MODELS = {"django_content_type", "auth_permission"}
EMPTY = """
DO $$
DECLARE name text; holds boolean;
BEGIN
    IF current_setting('is_superuser') <> 'on' THEN
        TRUNCATE {tables};
        RETURN;
    END IF;
    SET LOCAL session_replication_role = replica;
    FOREACH name IN ARRAY ARRAY[{names}] LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO holds;
        IF holds THEN
            EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
END $$;
"""


def sql_flush(
    self: DatabaseOperations, style: Any, tables: Sequence[str], **_options: bool
) -> list[str]:
    """Takes the place of `DatabaseOperations.sql_flush`, for tests alone."""
    tables = [table for table in tables if table not in ABOUT_MODELS]
    if not tables:
        return []
    return [
        EMPTY.format(
            tables=", ".join(self.quote_name(table) for table in tables),
            names=", ".join(f"'{table}'" for table in tables),
        )
    ]


DatabaseOperations.sql_flush = sql_flush
# Nobody else listens to it.
flush.emit_post_migrate_signal = lambda *_told, **_more: None

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
# Redis databases below are those of whoever runs alone, and of the shops that tests start.
FIRST_FREE = 8
# What starts whole shops, and what of it does not: one process is enough there.
SHOPS = ("tests/test_run.py", "tests/races/test_http_rush.py", "tests/journeys/", "tests/faults/")
NO_SHOPS = (
    "tests/journeys/test_office_phone.py",
    "tests/journeys/test_reconciliation.py",
    "tests/faults/test_a_day_in_the_shop.py",
)


def in_a_shop(nodeid: str) -> bool:
    return nodeid.startswith(SHOPS) and not nodeid.startswith(NO_SHOPS)


class OneWorkerStartsShops(LoadScopeScheduling):
    """One worker runs everything that starts shops; the rest is given out file by file."""

    def _split_scope(self, nodeid: str) -> str:
        return "shops" if in_a_shop(nodeid) else nodeid.partition("::")[0]


def pytest_configure() -> None:
    if WORKER:
        broker = FIRST_FREE + 2 * int(WORKER)
        for name, number in (("REDIS_URL", broker), ("CACHE_URL", broker + 1)):
            setattr(settings, name, with_database(getattr(settings, name), str(number)))
        settings.CACHES["default"]["LOCATION"] = settings.CACHE_URL
        settings.CELERY_BROKER_URL = settings.REDIS_URL


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts shops takes longest: it comes last for whoever waits, and first side by side, before
    the other long ones."""
    if WORKER:
        items.sort(key=lambda item: (not in_a_shop(item.nodeid), not item.nodeid.startswith(SHOPS)))
    else:
        items.sort(key=lambda item: in_a_shop(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneWorkerStartsShops:
    config.option.loadscopereorder = False
    return OneWorkerStartsShops(config, log)
