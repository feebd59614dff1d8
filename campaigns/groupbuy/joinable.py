"""Groups that somebody could join now."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.functions import Greatest, NullIf

from accounts.queries import profiles
from campaigns.groupbuy.counts import has_quota, in_stock, missing_people
from campaigns.groupbuy.faces import Face, face_of
from campaigns.groupbuy.locks import LAST_CALL
from campaigns.groupbuy.models import Group, Member
from campaigns.groupbuy.states import GroupState, MemberState
from sharing.queries import tied_to


@dataclass(frozen=True)
class OpenGroup:
    """A group that somebody could join now: `missing` more must pay for it to succeed."""

    public_id: str
    leader: Face
    size: int
    seats_left: int
    missing: int
    deadline_at: datetime


@dataclass(frozen=True)
class AcquaintedGroup:
    """A group that somebody could join now, and whom they know in it."""

    public_id: str
    face: Face
    seats_left: int
    missing: int
    deadline_at: datetime


def open_groups(
    campaign_id: int, *, now: datetime, limit: int = 6, without: str = ""
) -> tuple[OpenGroup, ...]:
    """Groups with a seat, quota, goods and time to pay left, in a store that takes orders: those that
    lack one person first, then the newest."""
    left = F("size") - F("reserved") - F("joined") - F("confirmed")
    one_short = Case(When(lacks=1, then=Value(0)), default=Value(1), output_field=IntegerField())
    groups = list(
        Group.objects.filter(
            in_stock(),
            has_quota(),
            campaign_id=campaign_id,
            state=GroupState.OPEN,
            deadline_at__gt=now + LAST_CALL,
        )
        .exclude(public_id=without)
        .alias(left=left, lacks=missing_people())
        .filter(left__gt=0)
        .order_by(one_short, "-opened_at")[:limit]
    )
    leaders = {
        member.group_id: member
        for member in Member.objects.filter(group__in=groups, is_leader=True)
    }
    known = profiles({m.user_id for m in leaders.values() if m.shows_profile})
    return tuple(
        OpenGroup(
            public_id=group.public_id,
            leader=face_of(leaders[group.pk], known),
            size=group.size,
            seats_left=group.seats_left,
            missing=group.missing,
            deadline_at=group.deadline_at,
        )
        for group in groups
        if group.pk in leaders and group.deadline_at is not None
    )


def acquainted_groups(
    product_id: int, user_id: int, *, now: datetime, limit: int = 2
) -> tuple[AcquaintedGroup, ...]:
    """Open groups of the product with somebody in it whom the person has had to do with and who
    agreed to be shown there; those that lack fewest people first, those that lack nobody last."""
    people = tied_to(user_id)
    if not people:
        return ()
    left = F("group__size") - F("group__reserved") - F("group__joined") - F("group__confirmed")
    seats = (
        Member.objects.select_related("group")
        .filter(
            in_stock(),
            has_quota("group__"),
            user_id__in=people,
            state=MemberState.JOINED,
            shows_profile=True,
            group__state=GroupState.OPEN,
            group__deadline_at__gt=now + LAST_CALL,
            campaign__product_id=product_id,
        )
        .annotate(left=left, lacks=NullIf(Greatest(missing_people("group__"), 0), Value(0)))
        .filter(left__gt=0)
        .order_by(F("lacks").asc(nulls_last=True), "group__deadline_at", "pk")
    )
    found: dict[int, Member] = {}
    for seat in seats[: limit * 10]:
        if len(found) < limit:
            found.setdefault(seat.group_id, seat)
    known = profiles({seat.user_id for seat in found.values()})
    return tuple(
        AcquaintedGroup(
            public_id=seat.group.public_id,
            face=face_of(seat, known),
            seats_left=seat.group.seats_left,
            missing=seat.group.missing,
            deadline_at=seat.group.deadline_at,
        )
        for seat in found.values()
        if seat.group.deadline_at is not None
    )
