"""The facts of people."""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import Event


@dataclass(frozen=True, kw_only=True)
class PersonFolded(Event):
    """An account that held nothing of value became part of another one of the same person."""

    name: ClassVar[str] = "person.folded"
    person_id: int
    folded_id: int
