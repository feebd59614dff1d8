"""Put a task on the queue; never raises, because a deadline stands behind every one of them."""

import logging

from celery import Task

log = logging.getLogger(__name__)

# A message nobody took is dropped: by then the deadline has put the next one there.
EXPIRES_S = 60


def enqueue(task: Task, pk: int) -> None:
    try:
        task.apply_async((pk,), expires=EXPIRES_S)
    except Exception:
        log.warning("the broker took no %s of %s", task.name, pk, exc_info=True)
