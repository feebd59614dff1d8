"""What the shop holds about a person, app by app: for their download, and before they leave.

Each app fills in a `people_data.py`: the rows that it holds about people, and what has to be over
before somebody can close the account. `tests/architecture/test_people_data.py` finds what was
forgotten.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Held:
    """Rows about a person.

    `owner` is the lookup that leads from a row to the person, `shows` are the lookups that are
    handed out, decrypted, of the rows that `only` finds. Rows are deleted after the account is
    closed, unless `kept` says why they stay; `unlink` are the fields by which such a row would still
    lead to the person, and to what they are set.
    """

    model: str
    owner: str
    name: Text
    shows: tuple[str, ...]
    kept: str = ""
    unlink: Mapping[str, Any] = field(default_factory=dict)
    only: Q = field(default_factory=Q)

    @property
    def key(self) -> str:
        return f"{self.model}.{self.owner}"

    def rows(self, user_id: int) -> list[dict[str, Any]]:
        """The person's rows, the oldest first."""
        return list(self._of(user_id).filter(self.only).order_by("pk").values(*self.shows))

    def forget(self, user_id: int) -> None:
        """Delete the person's rows, or cut what leads from them to the person. Safe to repeat."""
        if not self.kept:
            self._of(user_id).delete()
        elif self.unlink:
            self._of(user_id).update(**self.unlink)

    def _of(self, user_id: int) -> QuerySet[Any]:
        return apps.get_model(self.model)._base_manager.filter(**{self.owner: user_id})


# Why an account cannot be closed now, in words for its owner; "" when nothing stands in the way.
Obstacle = Callable[[int], str]

_held: dict[str, Held] = {}
_obstacles: dict[str, Obstacle] = {}


def held_register(*rows: Held) -> None:
    """Name rows that are held about people. Called once, by an app's `people_data.py`."""
    _held.update({row.key: row for row in rows})


def obstacle_register(name: str, ask: Obstacle) -> None:
    """Ask before an account is closed, inside its transaction and behind the person's lock: reads
    only, and locks nothing."""
    _obstacles[name] = ask


def held_everywhere() -> tuple[Held, ...]:
    return tuple(_held[key] for key in sorted(_held))


def obstacles_of(user_id: int) -> tuple[str, ...]:
    """Everything that has to be over before this person can close the account."""
    told = (ask(user_id) for _name, ask in sorted(_obstacles.items()))
    return tuple(text for text in told if text)


def everything_of(user_id: int, *, now: datetime) -> dict[str, Any]:
    """All that the shop holds about one person, by model, as JSON can be made of it."""
    return {
        "made_at": now,
        "data": [
            {"name": str(one.name), "model": one.key, "rows": rows}
            for one in held_everywhere()
            if (rows := one.rows(user_id))
        ],
    }


def forget_everywhere(user_id: int) -> None:
    """Let go of all that may go, of somebody whose account is closed. Safe to repeat."""
    for one in held_everywhere():
        one.forget(user_id)
