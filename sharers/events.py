"""The facts of sharers."""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import Event


@dataclass(frozen=True, kw_only=True)
class SharerEvent(Event):
    """What every fact of a sharer carries."""

    sharer_id: int
    store_id: int


@dataclass(frozen=True, kw_only=True)
class SharerApplied(SharerEvent):
    """Somebody asks to share a store's goods."""

    name: ClassVar[str] = "sharer.applied"


@dataclass(frozen=True, kw_only=True)
class SharerApproved(SharerEvent):
    """They may share: the merchant took them, or took them back, or the plan takes everybody."""

    name: ClassVar[str] = "sharer.approved"


@dataclass(frozen=True, kw_only=True)
class SharerDeclined(SharerEvent):
    """The merchant does not take who asked."""

    name: ClassVar[str] = "sharer.declined"
