"""Who saw whose full name, phone and address: a row for each look, append-only.

Lists and buyers' own pages show masked values and leave nothing. Whoever shows or exports full ones
calls `access_record` before it answers.
"""

from datetime import datetime

from core.models import AccessEntry


def access_record(
    *,
    user_id: int,
    store_id: int | None,
    what: str,
    reference: str = "",
    count: int = 1,
    now: datetime,
) -> None:
    """The user saw or took away the data of `count` rows: `what` names the page or the export,
    `reference` the row when it is one. Nothing is written for no rows."""
    if count:
        AccessEntry.objects.create(
            user_id=user_id,
            store_id=store_id,
            what=what[:60],
            reference=reference[:40],
            count=count,
            at=now,
        )
