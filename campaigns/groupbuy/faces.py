"""Who is in a group, as strangers may see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.queries import Profile, profiles
from campaigns.groupbuy.models import Member
from campaigns.groupbuy.states import MemberState


@dataclass(frozen=True)
class Face:
    """A taken seat as strangers may see it: nothing of the person without their consent."""

    name: str
    avatar: str
    is_leader: bool
    is_paid: bool


def faces_of(members: Sequence[Member]) -> tuple[Face, ...]:
    known = profiles({member.user_id for member in members if member.shows_profile})
    return tuple(face_of(member, known) for member in members)


def face_of(member: Member, known: dict[int, Profile]) -> Face:
    profile = known.get(member.user_id)
    return Face(
        name=profile.name if profile else "",
        avatar=profile.avatar if profile else "",
        is_leader=member.is_leader,
        is_paid=member.state != MemberState.RESERVED,
    )
