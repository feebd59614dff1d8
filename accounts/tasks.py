"""Timers of people."""

from celery import shared_task

from accounts.services import people_sweep, sessions_sweep
from core import clock


@shared_task(name="accounts.tasks.people_forget")
def people_forget() -> int:
    """Delete what sign-in forms left of people who never proved who they are; how many."""
    return people_sweep(now=clock.now())


@shared_task(name="accounts.tasks.sessions_forget")
def sessions_forget() -> int:
    """Delete the sessions whose time is over; how many."""
    return sessions_sweep(now=clock.now())
