"""What the inbox, the person's own corner and the office read."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from accounts.queries import openid_of, verified_email_of
from notices.kinds import SHOPPER_TOPICS
from notices.models import Notice, NoticeConsent, NoticePreference
from notices.states import ConsentState

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


def staff_lines(user_id: int, *, limit: int = 6) -> tuple[Line, ...]:
    """What the person has not read of what their store has to do, newest first."""
    rows = Notice.objects.filter(user_id=user_id, for_staff=True, read_at=None).order_by("-pk")
    return tuple(
        Line(row.pk, row.public_id, row.title, row.body, row.made_at, is_unread=True)
        for row in rows[:limit]
    )


def unread_count(user_id: int, *, for_staff: bool = False) -> int:
    """How many notices the person has not read, counted up to a hundred."""
    rows = Notice.objects.filter(user_id=user_id, read_at=None, for_staff=for_staff)
    return rows[: COUNTED + 1].count()


@dataclass(frozen=True)
class TopicWays:
    """A topic, by which ways the person wants to hear of it, and for how many messages about it
    there is leave."""

    topic: str
    label: str
    wechat: bool
    email: bool
    unused: int


@dataclass(frozen=True)
class WaysPage:
    """What the page of choices shows."""

    topics: tuple[TopicWays, ...]
    address: str
    has_openid: bool


def ways_page(user_id: int) -> WaysPage:
    """The person's choices, in four queries."""
    rows = NoticePreference.objects.filter(user_id=user_id)
    chosen = {topic: both for topic, *both in rows.values_list("topic", "wechat", "email")}
    unused = dict(
        NoticeConsent.objects.filter(
            user_id=user_id,
            state=ConsentState.UNUSED,
            appid=settings.WECHAT_APPID,
            template_id=settings.WECHAT_SUBSCRIBE_TEMPLATE,
        )
        .order_by()
        .values_list("topic")
        .annotate(count=Count("pk"))
    )
    topics = []
    for topic in SHOPPER_TOPICS:
        wechat, email = chosen.get(topic, (True, True))
        topics.append(TopicWays(topic.value, str(topic.label), wechat, email, unused.get(topic, 0)))
    return WaysPage(
        topics=tuple(topics),
        address=verified_email_of(user_id),
        has_openid=bool(openid_of(user_id, settings.WECHAT_APPID)),
    )
