"""The locks of communities. Their transactions take nothing else of the sequence in
`docs/locking.md`: the person first, then codes in their order, then the entry."""

from datetime import datetime

from django.db import connection
from django.db.models import F

from community.models import GroupCode, GroupEntry
from community.rotation import has_room, usable


def viewer_lock(entry_id: int, viewer: str) -> None:
    """One person at one entry, until the transaction ends: two tabs must not be shown two groups.

    Advisory, because what is to be found may not exist yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"entry:{entry_id}:{viewer}"]
        )


def place_take(code_id: int, *, now: datetime) -> bool:
    """One more person is shown the code; False when it is full, too old or stopped by now."""
    rows = GroupCode.objects.filter(usable(now=now), pk=code_id)
    return bool(rows.filter(has_room()).update(shown=F("shown") + 1))


def ran_out_mark(entry_id: int, *, now: datetime) -> bool:
    """People come and there is no code from now on; False when that was known, and when there is a
    code again by now. Needs a transaction."""
    rows = GroupEntry.objects.filter(pk=entry_id, is_open=True, ran_out_at=None)
    if rows.select_for_update(no_key=True).first() is None:
        return False
    if GroupCode.objects.filter(usable(now=now), has_room(), entry_id=entry_id).exists():
        return False
    GroupEntry.objects.filter(pk=entry_id).update(ran_out_at=now)
    return True


def ran_out_clear(entry_id: int) -> None:
    """There is a code again. Needs a transaction, the one in which the code came."""
    # Unconditional: it waits for whoever is about to mark the entry, and they wait for it.
    GroupEntry.objects.filter(pk=entry_id).update(ran_out_at=None)
