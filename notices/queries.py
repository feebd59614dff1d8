"""What the inbox, the person's own corner and the office read."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone

from notices.models import Notice

PER_PAGE = 20
# More than this many unread is "many".
COUNTED = 99


@dataclass(frozen=True)
class Line:
    """A notice in a list."""

    id: int
    public_id: str
    title: str
    body: str
    made_at: datetime
    is_unread: bool


@dataclass(frozen=True)
class Day:
    """The notices of one day in China, newest first."""

    day: date
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Inbox:
    """One page of an inbox; `page` counts from 1. `until_id` is the newest notice on it."""

    days: tuple[Day, ...]
    page: int
    has_next: bool
    unread: int
    until_id: int

    @property
    def has_previous(self) -> bool:
        return self.page > 1


def inbox(user_id: int, *, page: int) -> Inbox:
    """A page of the person's own inbox, in two queries."""
    start = (page - 1) * PER_PAGE
    rows = Notice.objects.filter(user_id=user_id, for_staff=False).order_by("-pk")
    found = list(rows[start : start + PER_PAGE + 1])
    shown = [
        Line(row.pk, row.public_id, row.title, row.body, row.made_at, row.read_at is None)
        for row in found[:PER_PAGE]
    ]
    days = groupby(shown, key=lambda line: timezone.localtime(line.made_at).date())
    return Inbox(
        days=tuple(Day(day, tuple(lines)) for day, lines in days),
        page=page,
        has_next=len(found) > PER_PAGE,
        unread=unread_count(user_id),
        until_id=shown[0].id if shown else 0,
    )


def unread_count(user_id: int, *, for_staff: bool = False) -> int:
    """How many notices the person has not read, counted up to a hundred."""
    rows = Notice.objects.filter(user_id=user_id, read_at=None, for_staff=for_staff)
    return rows[: COUNTED + 1].count()
