"""Timers of people."""

from celery import shared_task

from accounts.services import people_sweep
from core import clock


@shared_task(name="accounts.tasks.people_forget")
def people_forget() -> int:
    """Delete what sign-in forms left of people who never proved who they are; how many."""
    return people_sweep(now=clock.now())
