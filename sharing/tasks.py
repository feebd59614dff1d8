"""Drawing posters, out of everybody's way, and letting go of what is old."""

from typing import Any

from celery import shared_task

from core import clock
from sharing.guests import guests_forget as forget
from sharing.posters import services
from sharing.posters.kinds import spec_unpack


@shared_task(name="sharing.tasks.poster_keep")
def poster_keep(spec: dict[str, Any]) -> None:
    services.poster_keep(spec_unpack(spec), now=clock.now())


@shared_task(name="sharing.tasks.posters_forget")
def posters_forget() -> None:
    services.posters_forget(now=clock.now())


@shared_task(name="sharing.tasks.guests_forget")
def guests_forget() -> None:
    forget(now=clock.now())
