"""A group in a few words, for telling its members about it."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.groupbuy.deals import Deal, deal_of
from campaigns.groupbuy.models import Group
from campaigns.groupbuy.states import GroupState, MemberState


@dataclass(frozen=True)
class Seat:
    """Who sits in a group, and on which order."""

    member_id: int
    user_id: int
    order_id: int
    is_leader: bool


@dataclass(frozen=True)
class GroupGist:
    """A group as a message tells of it. `seats` are the paid ones, and `seats_left` all others: whoever
    is paying may give up before the message is read. `missing` more must pay for it to succeed."""

    public_id: str
    store_id: int
    store_name: str
    goods: str
    is_open: bool
    size: int
    seats_left: int
    missing: int
    seats: tuple[Seat, ...]
    deal: Deal
    deadline_at: datetime | None = None


def group_failure(group_ref: str) -> str | None:
    """Why the group of that public id failed, in words for its members; None when it did not."""
    failed = Group.objects.filter(public_id=group_ref, state=GroupState.FAILED)
    return failed.values_list("fail_reason", flat=True).first()


def group_gist(*, group_id: int | None = None, group_ref: str = "") -> GroupGist | None:
    """The group of that id or public id, in two queries, three for a ladder; None for an unknown
    one."""
    which = {"pk": group_id} if group_id is not None else {"public_id": group_ref}
    rows = Group.objects.select_related("store", "campaign__product")
    group = rows.filter(**which).first()
    if group is None:
        return None
    paid = group.members.filter(state__in=[MemberState.JOINED, MemberState.CONFIRMED])
    return GroupGist(
        public_id=group.public_id,
        store_id=group.store_id,
        store_name=group.store.name,
        goods=group.campaign.product.title,
        is_open=group.state == GroupState.OPEN and not group.is_over,
        # Of one that succeeded with fewer, these were all.
        size=group.confirmed if group.state == GroupState.SUCCEEDED else group.size,
        deal=deal_of(group.campaign, size=group.size),
        deadline_at=group.deadline_at,
        seats_left=group.size - group.joined - group.confirmed,
        missing=group.missing,
        seats=tuple(
            Seat(*values)
            for values in paid.order_by("pk").values_list("id", "user_id", "order_id", "is_leader")
        ),
    )
