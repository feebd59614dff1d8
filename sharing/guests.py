"""How people and guests' cookies came, let go of when nobody counts it any more and nobody can claim it."""

from datetime import datetime, timedelta

from core import guests
from core.rows import rows_sweep
from sharing.models import Arrival, Visit
from sharing.services import MEMORY
from sharing.sources import PERIODS

# Whoever came is counted, guests included, as far back as a merchant may look.
KEPT = max(guests.AGE, MEMORY, timedelta(days=max(PERIODS)))


def guests_forget(*, now: datetime) -> int:
    """Delete what guests opened who never signed in, and how anybody came without a share; how many
    rows there were. What people opened says who brought their orders, and stays."""
    old = {"last_at__lt": now - KEPT}
    visits = Visit.objects.filter(visitor=None, **old)
    return rows_sweep(visits) + rows_sweep(Arrival.objects.filter(**old))
