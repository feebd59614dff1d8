"""The groups that are not decided, as their merchant watches them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from django.db.models import Count, F, Q, QuerySet, Sum

from campaigns.groupbuy.models import Group, Member
from campaigns.groupbuy.states import UNDECIDED, GroupState, MemberState

PAGE_SIZE = 200


@dataclass(frozen=True)
class RunningGroup:
    """A group that is not decided: `missing` more must pay until `enough` have. `exposed_fen` is what
    has been paid for it and goes back if it fails, `paying_fen` what its unpaid seats would add; both
    with freight. Without a `deadline_at` its leader has not paid."""

    id: int
    public_id: str
    title: str
    leader: str
    size: int
    enough: int
    missing: int
    joined: int
    reserved: int
    seats_left: int
    deadline_at: datetime | None
    exposed_fen: int
    paying_fen: int


@dataclass(frozen=True)
class Running:
    """Every undecided group in numbers, in fen, and one page of them; `page` counts from 1."""

    open: int
    forming: int
    exposed_fen: int
    paying_fen: int
    shown: tuple[RunningGroup, ...]
    page: int
    pages: int

    @property
    def has_previous(self) -> bool:
        return self.page > 1

    @property
    def has_next(self) -> bool:
        return self.page < self.pages


def groups_running(rows: QuerySet[Group], *, page: int = 1, limit: int = PAGE_SIZE) -> Running:
    """The undecided ones among these groups, the first to end on top and those that wait for their
    leader below; in four queries, however many there are. A page that is no more is the last one:
    groups are decided while somebody watches."""
    undecided = rows.filter(state__in=UNDECIDED).order_by()
    counts = undecided.aggregate(
        open=Count("pk", filter=Q(state=GroupState.OPEN)),
        forming=Count("pk", filter=Q(state=GroupState.FORMING)),
    )
    pages = max(ceil((counts["open"] + counts["forming"]) / limit), 1)
    page = min(page, pages)
    start = (page - 1) * limit
    seats = Member.objects.filter(group__in=undecided.values("pk"))
    sums = seats.aggregate(exposed=_PAID, paying=_PAYING)
    found = list(
        undecided.select_related("campaign__product", "leader").order_by(
            F("deadline_at").asc(nulls_last=True), "pk"
        )[start : start + limit]
    )
    money = _money_of(found)
    return Running(
        open=counts["open"],
        forming=counts["forming"],
        exposed_fen=sums["exposed"],
        paying_fen=sums["paying"],
        shown=tuple(_running(group, money.get(group.pk, (0, 0))) for group in found),
        page=page,
        pages=pages,
    )


_PAID = Sum("order__payable_fen", filter=Q(state=MemberState.JOINED), default=0)
_PAYING = Sum("order__payable_fen", filter=Q(state=MemberState.RESERVED), default=0)


def _money_of(groups: Sequence[Group]) -> dict[int, tuple[int, int]]:
    rows = Member.objects.filter(group__in=groups).order_by().values("group_id")
    found = rows.annotate(exposed=_PAID, paying=_PAYING)
    return {row["group_id"]: (row["exposed"], row["paying"]) for row in found}


def _running(group: Group, money: tuple[int, int]) -> RunningGroup:
    return RunningGroup(
        id=group.pk,
        public_id=group.public_id,
        title=group.campaign.product.title,
        leader=group.leader.public_name,
        size=group.size,
        enough=group.enough,
        missing=group.missing,
        joined=group.joined,
        reserved=group.reserved,
        seats_left=group.seats_left,
        deadline_at=group.deadline_at,
        exposed_fen=money[0],
        paying_fen=money[1],
    )
