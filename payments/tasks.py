"""Calls to the provider, out of everybody's way. Each is one service call, safe to repeat."""

import logging
from datetime import date

from celery import shared_task

from core import clock
from payments import services
from payments.gateway.base import GatewayError

log = logging.getLogger(__name__)


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


@shared_task(name="payments.tasks.bills_fetch")
def bills_fetch() -> None:
    """Put every bill that is missing on the queue: what fails is missing again in an hour."""
    for account_id, day in services.bills_wanted(now=clock.now()):
        bill_fetch.apply_async((account_id, day.isoformat()), expires=50 * 60)


@shared_task(name="payments.tasks.bill_fetch")
def bill_fetch(account_id: int, day: str) -> None:
    try:
        services.bill_fetch(account_id=account_id, day=date.fromisoformat(day), now=clock.now())
    except (GatewayError, services.BillUnreadable):
        log.warning("the bill of %s of account %s did not come", day, account_id, exc_info=True)


@shared_task(name="payments.tasks.payers_forget")
def payers_forget() -> None:
    services.payers_forget(now=clock.now())
