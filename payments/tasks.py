"""Calls to the provider, out of everybody's way. Each is one service call, safe to repeat."""

from celery import shared_task

from core import clock
from payments import services


@shared_task(name="payments.tasks.payment_poll")
def payment_poll(payment_id: int) -> None:
    services.payment_poll(payment_id=payment_id, now=clock.now())


@shared_task(name="payments.tasks.payment_close")
def payment_close(payment_id: int) -> None:
    services.payment_close(payment_id=payment_id, now=clock.now())


@shared_task(name="payments.tasks.refund_submit")
def refund_submit(refund_id: int) -> None:
    services.refund_submit(refund_id=refund_id, now=clock.now())


@shared_task(name="payments.tasks.refund_poll")
def refund_poll(refund_id: int) -> None:
    services.refund_poll(refund_id=refund_id, now=clock.now())
