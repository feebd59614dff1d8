"""The facts of group-buy."""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import Event


@dataclass(frozen=True, kw_only=True)
class GroupEvent(Event):
    """What every fact of a group carries."""

    group_id: int
    store_id: int


@dataclass(frozen=True, kw_only=True)
class GroupOpened(GroupEvent):
    """The leader paid: others can join and the clock runs."""

    name: ClassVar[str] = "group.opened"


@dataclass(frozen=True, kw_only=True)
class GroupSucceeded(GroupEvent):
    """Every seat is paid, or enough of them at the deadline: the paid orders may ship."""

    name: ClassVar[str] = "group.succeeded"


@dataclass(frozen=True, kw_only=True)
class GroupFailed(GroupEvent):
    """The deadline passed, or the merchant cancelled: every fen goes back."""

    name: ClassVar[str] = "group.failed"


@dataclass(frozen=True, kw_only=True)
class GroupAbandoned(GroupEvent):
    """The leader never paid: the group was never seen by anyone."""

    name: ClassVar[str] = "group.abandoned"


@dataclass(frozen=True, kw_only=True)
class MemberEvent(Event):
    """What every fact of a member carries."""

    member_id: int
    store_id: int
    group_id: int
    user_id: int


@dataclass(frozen=True, kw_only=True)
class MemberJoined(MemberEvent):
    """A seat is paid."""

    name: ClassVar[str] = "member.joined"


@dataclass(frozen=True, kw_only=True)
class MemberReleased(MemberEvent):
    """A seat was not paid in time and is free again."""

    name: ClassVar[str] = "member.released"


@dataclass(frozen=True, kw_only=True)
class MemberRefunded(MemberEvent):
    """A member has the money back."""

    name: ClassVar[str] = "member.refunded"


@dataclass(frozen=True, kw_only=True)
class MemberRefunding(MemberEvent):
    """A seat is gone and what was paid for it goes back: the seat's order is to be cancelled."""

    name: ClassVar[str] = "member.refunding"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class MemberRebated(MemberEvent):
    """The group reached a step of its ladder: the difference goes back to this member."""

    name: ClassVar[str] = "member.rebated"


@dataclass(frozen=True, kw_only=True)
class MemberStranded(MemberEvent):
    """The group is over while this seat is unpaid: its order must not be paid any more."""

    name: ClassVar[str] = "member.stranded"
    order_id: int
