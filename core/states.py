"""State machines are tables. Nothing else assigns a state field.

One row moves by `UPDATE … WHERE id AND state IN sources` and a count; a set moves by one
`UPDATE … RETURNING`, so a fact is written for exactly the rows that moved. Move and facts belong
to the caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models, transaction

from core.facts import Event, facts_record
from core.rows import row_update


@dataclass(frozen=True)
class Move:
    """One line of a machine's table.

    `fact` is recorded for every row that moved, built with `fact.of(row)`; `because` says when
    the move happens, in a sentence for `docs/states.md`.
    """

    name: str
    sources: tuple[str, ...]
    target: str
    because: str
    fact: type[Event] | None = None


class IllegalMove(Exception):
    """The machine's table has no such move."""


class Machine:
    """The table of one state field: its states, its moves, and the only two ways to move."""

    registry: dict[str, "Machine"] = {}

    def __init__(
        self,
        name: str,
        *,
        states: type[models.TextChoices],
        initial: str,
        moves: Sequence[Move],
        field: str = "state",
    ) -> None:
        self.name, self.states, self.initial, self.field = name, states, initial, field
        self.moves = {move.name: move for move in moves}
        if len(self.moves) != len(moves):
            raise ValueError(f"{name}: two moves share a name")
        known = set(states.values)
        for move in moves:
            unknown = {*move.sources, move.target, initial} - known
            if unknown:
                raise ValueError(f"{name}.{move.name}: unknown states {unknown}")
        Machine.registry[name] = self

    def move_row(
        self,
        row: models.Model,
        name: str,
        *,
        now: datetime,
        changes: Mapping[str, Any] | None = None,
    ) -> bool:
        """Move one row and set `changes` with it, plain values and ids for foreign keys; True when this
        call moved it.

        False means that the row was not in one of the move's sources: somebody else was first, or
        the move does not apply; the row in memory is then left as it was. Must run inside a
        transaction. Raises IllegalMove for a name that is not in the table.
        """
        move = self._move(name)
        _require_transaction(row._state.db)
        values = {**(changes or {}), self.field: move.target}
        if not row_update(row, values, name=name, only={self.field: move.sources}):
            return False
        for key, value in values.items():
            setattr(row, key, value)
        if move.fact is not None:
            facts_record(move.fact.of(row), now=now)
        return True

    def move_set(
        self,
        rows: models.QuerySet[Any],
        name: str,
        *,
        now: datetime,
        changes: Mapping[str, Any] | None = None,
    ) -> list[int]:
        """Move every row of the queryset that is in a source; the ids of those that moved.

        `changes` holds plain values, no expressions. Must run inside a transaction.
        """
        move = self._move(name)
        _require_transaction(rows.db)
        model = rows.model
        meta = model._meta
        values = {**(changes or {}), self.field: move.target}
        wanted = rows.filter(**{f"{self.field}__in": move.sources}).order_by().values("pk")
        try:
            subquery, parameters = wanted.query.sql_with_params()
        except EmptyResultSet:  # Django knows that no row fits: `pk__in=[]`
            return []
        sets, set_parameters = [], []
        connection = connections[rows.db]
        quote = connection.ops.quote_name
        for key, value in values.items():
            field = meta.get_field(key)
            sets.append(f"{quote(field.column)} = %s")
            set_parameters.append(field.get_db_prep_save(value, connection))
        columns = self._returning(move, model)
        returning = ", ".join(quote(meta.get_field(c).column) for c in columns)
        sources = ", ".join(["%s"] * len(move.sources))
        sql = (
            f"UPDATE {quote(meta.db_table)} SET {', '.join(sets)} "
            f"WHERE {quote(meta.pk.column)} IN ({subquery}) "
            f"AND {quote(meta.get_field(self.field).column)} IN ({sources}) "
            f"RETURNING {returning}"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [*set_parameters, *parameters, *move.sources])
            moved = cursor.fetchall()
        ids = [row[0] for row in moved]
        if move.fact is not None and moved:
            attributes = [meta.get_field(column).attname for column in columns]
            snapshots = [
                _Snapshot(pk=row[0], **dict(zip(attributes, row, strict=True))) for row in moved
            ]
            facts_record(*[move.fact.of(snapshot) for snapshot in snapshots], now=now)
        return ids

    def allows(self, state: str, name: str) -> bool:
        """Whether the table has the move from this state."""
        return state in self._move(name).sources

    def _move(self, name: str) -> Move:
        try:
            return self.moves[name]
        except KeyError:
            raise IllegalMove(f"{self.name} has no move {name!r}") from None

    def _returning(self, move: Move, model: type[models.Model]) -> list[str]:
        columns = [model._meta.pk.name]
        if move.fact is not None:
            columns += [c for c in move.fact.columns() if c not in columns]
        return columns


class _Snapshot:
    """Just enough of a row for `Event.of`."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


def _require_transaction(using: str | None) -> None:
    if not transaction.get_connection(using).in_atomic_block:
        raise transaction.TransactionManagementError("a state moves inside a transaction only")


def machines() -> Iterable[Machine]:
    """Every machine of the project, by name."""
    return [Machine.registry[name] for name in sorted(Machine.registry)]
