"""What browsers leave in the database: it goes with its person, or when its time is over."""

from datetime import datetime

from accounts.models import Session
from accounts.sessions import SessionStore
from core.rows import rows_sweep


def sessions_end(*, user_id: int) -> int:
    """Sign the person out of every browser, and let go of what was typed there; how many sessions
    there were. No transaction should be open: the cache holds them, too. Safe to repeat."""
    keys = list(Session.objects.filter(person_id=user_id).values_list("pk", flat=True))
    for key in keys:
        SessionStore(key).delete()
    return len(keys)


def sessions_sweep(*, now: datetime) -> int:
    """Delete the sessions whose time is over; how many there were."""
    return rows_sweep(Session.objects.filter(expire_date__lt=now))
