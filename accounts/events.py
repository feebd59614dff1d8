"""The facts of people. The person is named by id alone."""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import Event


@dataclass(frozen=True, kw_only=True)
class PersonFolded(Event):
    """An account that held nothing of value became part of another one of the same person."""

    name: ClassVar[str] = "person.folded"
    person_id: int
    folded_id: int


@dataclass(frozen=True, kw_only=True)
class PersonClosed(Event):
    """Somebody closed the account: whoever holds what is no trade record lets go of it."""

    name: ClassVar[str] = "person.closed"
    person_id: int


@dataclass(frozen=True, kw_only=True)
class ProfileWithdrawn(Event):
    """Somebody does not want to be shown to other shoppers any more, wherever they were."""

    name: ClassVar[str] = "person.profile_withdrawn"
    person_id: int
