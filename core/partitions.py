"""Facts are partitioned by month: old months can be moved to cheaper disks, never deleted."""

from datetime import datetime

from django.db import connection


def partitions_ensure(*, now: datetime, months: int = 3) -> list[str]:
    """Make the partitions of this month and the next ones; the names of those that are new.

    Rows of a month without a partition go to the default one, so a late call loses nothing; a
    month whose rows are already there is left in it.
    """
    made = []
    year, month = now.year, now.month
    for _ in range(months):
        following = (year + month // 12, month % 12 + 1)
        name = f"core_fact_{year}_{month:02d}"
        start, end = f"{year}-{month:02d}-01", f"{following[0]}-{following[1]:02d}-01"
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", [name])
            absent = cursor.fetchone()[0] is None
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM core_fact_default "
                "WHERE recorded_at >= %s AND recorded_at < %s)",
                [start + "T00:00:00Z", end + "T00:00:00Z"],
            )
            if absent and not cursor.fetchone()[0]:
                cursor.execute(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF core_fact "
                    f"FOR VALUES FROM ('{start}T00:00:00Z') TO ('{end}T00:00:00Z')"
                )
                made.append(name)
        year, month = following
    return made
