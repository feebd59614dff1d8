"""What notices do on the queue."""

from celery import shared_task

from core import clock
from notices import services


@shared_task(name="notices.tasks.notices_purge")
def notices_purge() -> None:
    services.notices_purge(now=clock.now())
