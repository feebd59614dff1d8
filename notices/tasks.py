"""What notices do on the queue."""

from celery import shared_task

from core import clock
from notices import services


@shared_task(name="notices.tasks.notices_purge")
def notices_purge() -> None:
    services.notices_purge(now=clock.now())


@shared_task(name="notices.tasks.delivery_send")
def delivery_send(delivery_id: int) -> None:
    services.delivery_send(delivery_id=delivery_id, now=clock.now())
