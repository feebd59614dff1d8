"""The kernel's clockwork: each task is one call, and missing one only costs time."""

from celery import shared_task

from core import clock, deadlines, deliveries, idempotency
from core.nudges import nudged
from core.partitions import partitions_ensure as ensure


@shared_task(name="core.tasks.deadlines_tick")
def deadlines_tick() -> None:
    deadlines.deadlines_run(now=clock.now())


@shared_task(name="core.tasks.deliveries_deliver")
def deliveries_deliver() -> None:
    for pk in nudged():
        deliveries.delivery_attempt(pk, now=clock.now())


@shared_task(name="core.tasks.deliveries_sweep")
def deliveries_sweep() -> None:
    deliveries.deliveries_sweep(now=clock.now())


@shared_task(name="core.tasks.deliveries_forget")
def deliveries_forget() -> None:
    deliveries.deliveries_forget(now=clock.now())


@shared_task(name="core.tasks.partitions_ensure")
def partitions_ensure() -> None:
    ensure(now=clock.now())


@shared_task(name="core.tasks.form_keys_forget")
def form_keys_forget() -> None:
    idempotency.form_keys_forget(now=clock.now())
