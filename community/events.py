"""The facts of communities."""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import Event


@dataclass(frozen=True, kw_only=True)
class EntryRanOut(Event):
    """Somebody wanted to join a group and no code was left: the store has to upload one. Once for
    each time that it ran out. `entry_id` is the group entry."""

    name: ClassVar[str] = "entry.ran_out"
    entry_id: int
    store_id: int
