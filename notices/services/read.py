"""Reading one's own inbox."""

from datetime import datetime

from notices.models import Notice


def notice_open(*, user_id: int, public_id: str, now: datetime) -> str | None:
    """Where the person's own notice leads, marked as read; None for anybody else's."""
    rows = Notice.objects.filter(user_id=user_id, public_id=public_id)
    path = rows.values_list("path", flat=True).first()
    if path is not None:
        rows.filter(read_at=None).update(read_at=now)
    return path


def notices_read_all(*, user_id: int, until_id: int, now: datetime, for_staff: bool = False) -> int:
    """Mark the person's notices as read up to the newest one that the page showed.

    What came while the person was reading stays unread. How many there were.
    """
    rows = Notice.objects.filter(user_id=user_id, for_staff=for_staff, read_at=None)
    return rows.filter(pk__lte=until_id).update(read_at=now)
