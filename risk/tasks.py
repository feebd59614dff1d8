"""What risk forgets by itself."""

from celery import shared_task

from core import clock
from risk import services


@shared_task(name="risk.tasks.risks_forget")
def risks_forget() -> None:
    services.risks_forget(now=clock.now())
