"""Tasks about one row each: on their queue at most once, and counted on by nobody.

A deadline stands behind every one of them and asks again. Where thousands wait, asking again must not
put thousands more behind them: all of a queue would be too old before a worker comes to it.
"""

import logging
from typing import Any

from celery import Task
from celery.signals import task_received
from django.conf import settings

from core.away import Away, NotAsked
from core.broker import broker

log = logging.getLogger(__name__)

# A message that nobody took is dropped: by then the deadline may put the next one there.
EXPIRES_S = 60
HEADER = "waits_as"

_away = Away()


def enqueue(task: Task, pk: int) -> None:
    """Put a task about the row with that id on its queue, unless one waits there. Never raises."""
    waits_as = f"waits:{task.name}:{pk}"
    try:
        is_alone = _away.ask(
            settings.CELERY_BROKER_URL,
            lambda: broker().set(waits_as, 1, nx=True, ex=EXPIRES_S),
        )
        if is_alone:
            task.apply_async((pk,), expires=EXPIRES_S, headers={HEADER: waits_as})
    except NotAsked:
        pass  # Whoever found the broker silent has said so.
    except Exception:
        log.warning("the broker took no %s of %s", task.name, pk, exc_info=True)


@task_received.connect(dispatch_uid="core.queue.taken")
def taken(request: Any, **_more: Any) -> None:
    """A worker has it: from now on the next one may wait, should this worker be killed."""
    waits_as = request.request_dict.get(HEADER)
    if waits_as:
        try:
            broker().delete(waits_as)
        except Exception:
            log.warning("the broker keeps %s", waits_as, exc_info=True)
