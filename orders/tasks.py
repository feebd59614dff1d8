"""What orders do by the clock and nobody waits for."""

from celery import shared_task

from core import clock
from orders.services.cart import carts_forget as forget


@shared_task(name="orders.tasks.carts_forget")
def carts_forget() -> None:
    forget(now=clock.now())
