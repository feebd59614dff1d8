"""What is to happen by itself happens: every timer's task is in the schedule."""

import importlib
import inspect
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings

from local.stack import commands

SCHEDULED = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
# Sent when there is something to do, beside the sweep that finds the same.
NUDGED = {"core.tasks.deliveries_deliver"}


def tasks():
    """Every task of ours, by name."""
    for app in settings.SHOP_APPS:
        if find_spec(f"{app}.tasks"):
            importlib.import_module(f"{app}.tasks")
    return {
        name: task
        for name, task in current_app.tasks.items()
        if name.split(".tasks.")[0] in settings.SHOP_APPS
    }


def test_every_queue_has_a_worker_here_and_in_what_operators_read():
    queues = {settings.CELERY_TASK_DEFAULT_QUEUE}
    queues |= {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    started = commands(web_port=1, simulator_port=2, folder=Path("/nowhere")).values()
    here = {argv[argv.index("-Q") + 1] for argv in started if "-Q" in argv}
    told = re.findall(r"celery -A shop worker -Q (\w+)", Path("docs/operations.md").read_text())
    assert here == queues == set(told)


def test_what_is_seldom_due_is_due_by_the_clock():
    """Beat counts seconds from its own start, and a release starts it anew."""
    waits = {
        name: entry["schedule"]
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
        if isinstance(entry["schedule"], int | float)
    }
    assert {name for name, seconds in waits.items() if seconds > 60 * 60} == set()
    assert current_app.timezone.key == settings.TIME_ZONE


def test_a_route_names_a_task_that_there_is():
    assert set(settings.CELERY_TASK_ROUTES) <= set(tasks())


def test_a_task_that_needs_to_be_told_nothing_is_in_the_schedule():
    alone = {name for name, task in tasks().items() if not inspect.signature(task.run).parameters}
    assert alone - NUDGED == SCHEDULED


@pytest.mark.parametrize("app", settings.SHOP_APPS)
def test_a_service_that_forgets_has_a_task_that_calls_it(app):
    if not find_spec(f"{app}.services"):
        return
    services = importlib.import_module(f"{app}.services")
    forgets = {
        name
        for name, one in vars(services).items()
        if name.endswith(("_forget", "_purge", "_sweep")) and inspect.isfunction(one)
    }
    found = find_spec(f"{app}.tasks")
    called = Path(str(found.origin)).read_text() if found else ""
    assert {name for name in forgets if name not in called} == set()
