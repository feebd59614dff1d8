"""The facts of bargains."""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import Event


@dataclass(frozen=True, kw_only=True)
class BargainEvent(Event):
    """What every fact of a bargain carries."""

    bargain_id: int
    store_id: int
    launcher_id: int


@dataclass(frozen=True, kw_only=True)
class BargainLaunched(BargainEvent):
    """Its schedule is sealed, its commitment is public, its piece is reserved."""

    name: ClassVar[str] = "bargain.launched"


@dataclass(frozen=True, kw_only=True)
class BargainReached(BargainEvent):
    """The last cut landed: the floor price is held for its launcher for a while."""

    name: ClassVar[str] = "bargain.reached"


@dataclass(frozen=True, kw_only=True)
class BargainBought(BargainEvent):
    """Its launcher paid the price it had; the schedule is public."""

    name: ClassVar[str] = "bargain.bought"


@dataclass(frozen=True, kw_only=True)
class BargainExpired(BargainEvent):
    """Not bought in time: the price lapses, its piece is free again, the schedule is public."""

    name: ClassVar[str] = "bargain.expired"


@dataclass(frozen=True, kw_only=True)
class BargainReturned(BargainEvent):
    """What was bought is cancelled: the money goes back and the quota is free again."""

    name: ClassVar[str] = "bargain.returned"


@dataclass(frozen=True, kw_only=True)
class HelpGiven(Event):
    """Somebody helped: a tie between helper and launcher."""

    name: ClassVar[str] = "help.given"
    help_id: int
    store_id: int
    bargain_id: int
    user_id: int
