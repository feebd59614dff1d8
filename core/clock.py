"""The clock: read once at the edge (view, task, command) and passed down as `now`."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The present instant, aware, UTC."""
    return timezone.now()
