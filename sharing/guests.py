"""How guests' cookies came, let go of when nobody can claim it and nobody counts it any more."""

from datetime import datetime, timedelta

from core import guests
from core.rows import rows_sweep
from sharing.models import Arrival, Visit
from sharing.services import MEMORY
from sharing.sources import PERIODS

# Whoever came is counted, guests included, as far back as a merchant may look.
KEPT = max(guests.AGE, MEMORY, timedelta(days=max(PERIODS)))


def guests_forget(*, now: datetime) -> int:
    """Delete how guests came who never signed in; how many rows there were."""
    old = {"visitor": None, "last_at__lt": now - KEPT}
    return rows_sweep(Visit.objects.filter(**old)) + rows_sweep(Arrival.objects.filter(**old))
