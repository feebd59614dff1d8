"""Reads of communities: a group's public page, the code to show, and what is left of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from catalog.queries import photo_src
from community.models import CodeShowing, CounterCode, GroupCode, GroupEntry
from community.rotation import MARGIN, has_room, usable
from payments.queries import kept_by_orders
from sharing.queries import link_results

# A store is told early enough to make another group: by places, and by time.
FEW_PLACES = 20
SOON = timedelta(hours=24)
COUNTER_WINDOW = timedelta(days=30)
# Wide enough to be scanned from a photo of a screen.
PICTURE_WIDTH = 960


@dataclass(frozen=True)
class EntryPage:
    """The public page of a group entry: the same for everybody, so without a code."""

    id: int
    public_id: str
    store_id: int
    name: str
    welcome: str
    is_open: bool


@dataclass(frozen=True)
class EntryLink:
    """A way to a group's page."""

    public_id: str
    name: str


@dataclass(frozen=True)
class MissingCodes:
    """An entry to which people come since then and find no code."""

    name: str
    since: datetime


@dataclass(frozen=True)
class CodePicture:
    """A code as one person is shown it; None in `expires_at` for one that lasts."""

    src: str
    width: int
    height: int
    expires_at: datetime | None


@dataclass(frozen=True)
class CounterResult:
    """What came through a code on the counter: people, orders that were paid and kept, and the fen
    that stayed with the store."""

    people: int = 0
    orders: int = 0
    kept_fen: int = 0


def entry_page(public_id: str) -> EntryPage | None:
    """The entry at that address, open or not, in one query."""
    row = GroupEntry.objects.filter(public_id=public_id).first()
    if row is None:
        return None
    return EntryPage(row.pk, row.public_id, row.store_id, row.name, row.welcome, row.is_open)


def entries_open(store_id: int) -> tuple[EntryLink, ...]:
    """The store's entries that may be joined and have a code to show, in one query."""
    rows = GroupEntry.objects.filter(store_id=store_id, is_open=True, ran_out_at=None)
    rows = rows.filter(Exists(GroupCode.objects.filter(entry_id=OuterRef("pk"), is_stopped=False)))
    return tuple(EntryLink(*row) for row in rows.order_by("pk").values_list("public_id", "name"))


def entry_missing_codes(entry_id: int) -> MissingCodes | None:
    """An open entry that ran out and still has no code; None when there is nothing to tell."""
    row = GroupEntry.objects.filter(pk=entry_id, is_open=True).first()
    if row is None or row.ran_out_at is None:
        return None
    return MissingCodes(row.name, row.ran_out_at)


def code_known(entry_id: int, *, person_id: int | None, guest: str, now: datetime) -> int | None:
    """The code that this person was shown, before or after signing in, if it can be used; None when
    showing one would take a place."""
    who = Q(pk__in=())
    if person_id is not None:
        who |= Q(person_id=person_id)
    if guest:
        who |= Q(person=None, guest=guest)
    rows = CodeShowing.objects.filter(
        who, usable(now=now, prefix="code__"), code__entry_id=entry_id
    )
    return rows.order_by("-id").values_list("code_id", flat=True).first()


def code_picture(code_id: int) -> CodePicture:
    """The picture of a code. Raises GroupCode.DoesNotExist."""
    code = GroupCode.objects.get(pk=code_id)
    return CodePicture(
        src=photo_src(str(code.picture), PICTURE_WIDTH),
        width=code.width,
        height=code.height,
        expires_at=code.expires_at,
    )


def with_states(rows: QuerySet[GroupCode], *, now: datetime) -> QuerySet[GroupCode]:
    """Codes with `state_now`: stopped, expired, full, current (shown to whoever comes next) or
    next (waits for its turn), and `left`, the places of those that have any."""
    turn = GroupCode.objects.filter(
        usable(now=now), has_room(), entry_id=OuterRef("entry_id")
    ).order_by("position", "id")
    return rows.annotate(
        turn_id=Subquery(turn.values("id")[:1]),
        left=F("capacity") - F("spare") - F("shown"),
        state_now=Case(
            When(is_stopped=True, then=Value("stopped")),
            When(~usable(now=now), then=Value("expired")),
            When(~has_room(), then=Value("full")),
            When(pk=F("turn_id"), then=Value("current")),
            default=Value("next"),
        ),
    )


def state_labels() -> dict[str, str]:
    """The words for `state_now`."""
    return {
        "current": _("使用中"),
        "next": _("排队中"),
        "full": _("已满"),
        "expired": _("已过期"),
        "stopped": _("已停用"),
    }


def with_supply(rows: QuerySet[GroupEntry], *, now: datetime) -> QuerySet[GroupEntry]:
    """Entries with what is left of them: `codes_left`, `places_left`, and `lasts_until`, which is
    None when a code never expires or none is left."""
    live = usable(now=now, prefix="codes__") & has_room("codes__")
    return rows.annotate(
        codes_left=Count("codes", filter=live),
        places_left=Coalesce(
            Sum(
                F("codes__capacity") - F("codes__spare") - F("codes__shown"),
                filter=live,
                output_field=IntegerField(),
            ),
            0,
        ),
        lasting=Count("codes", filter=live & Q(codes__expires_at=None)),
        lasts_until=Case(
            When(lasting=0, then=Max("codes__expires_at", filter=live)),
            default=None,
            output_field=DateTimeField(null=True),
        ),
    )


def entries_short(store_id: int | None, *, now: datetime) -> int:
    """Open entries, of one store or of all, whose codes ran out, or will before tomorrow: a query
    for the dashboard."""
    rows = GroupEntry.objects.filter(is_open=True)
    if store_id is not None:
        rows = rows.filter(store_id=store_id)
    short = Q(places_left__lt=FEW_PLACES) | Q(lasts_until__lt=now + MARGIN + SOON)
    return with_supply(rows, now=now).filter(short).count()


def counter_results(codes: Sequence[CounterCode], *, now: datetime) -> dict[int, CounterResult]:
    """What came through these codes in the last thirty days, by code, in three queries."""
    since = now - COUNTER_WINDOW
    links = link_results([code.link_id for code in codes], since=since, now=now)
    kept = kept_by_orders([ref for one in links.values() for ref in one.order_refs])
    return {
        code.pk: CounterResult(
            people=links[code.link_id].people,
            orders=len(links[code.link_id].order_refs),
            kept_fen=sum(kept.get(ref, 0) for ref in links[code.link_id].order_refs),
        )
        for code in codes
        if code.link_id in links
    }
