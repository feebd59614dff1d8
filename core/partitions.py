"""Facts are partitioned by month: old months can be moved to cheaper disks, never deleted."""

import logging
from datetime import datetime

from django.db import OperationalError, connection, transaction

from core.busy import is_busy

log = logging.getLogger(__name__)

# Making a partition wants the table for itself, and whoever comes later queues behind the wait.
LOCK_TIMEOUT = "2s"


def partitions_ensure(*, now: datetime, months: int = 3) -> list[str]:
    """Make the partitions of this month and the next ones; the names of those that are new.

    Rows of a month without a partition go to the default one, so a late call loses nothing; a
    month whose rows are already there is left in it. Where somebody reads the table for long, what
    is missing is left to the next call.
    """
    made: list[str] = []
    year, month = now.year, now.month
    try:
        for _ in range(months):
            following = (year + month // 12, month % 12 + 1)
            name = f"core_fact_{year}_{month:02d}"
            if _make(name, f"{year}-{month:02d}-01", f"{following[0]}-{following[1]:02d}-01"):
                made.append(name)
            year, month = following
    except OperationalError as error:
        if not is_busy(error):
            raise
        log.warning("%s is left to the next call: %s", name, error)
    return made


def _make(name: str, start: str, end: str) -> bool:
    """Make one partition, from its first day to before the next one's, unless it is there or too late."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0] is not None:
            return False
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM core_fact_default "
            "WHERE recorded_at >= %s AND recorded_at < %s)",
            [start + "T00:00:00Z", end + "T00:00:00Z"],
        )
        if cursor.fetchone()[0]:
            return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF core_fact "
            f"FOR VALUES FROM ('{start}T00:00:00Z') TO ('{end}T00:00:00Z')"
        )
    return True
