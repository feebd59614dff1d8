"""Hot statements that PostgreSQL parses and plans once for each connection.

Planning one of them took it ten times as long as running it. Why so:
`docs/decisions/0027-prepared-statements.md`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper

NAME_LENGTH = 63
_PLACE = re.compile(r"%\((\w+)\)s")
# What each connection knows already. Prepared statements end with their connection, and no
# rollback takes them away.
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
_all: dict[str, "Prepared"] = {}


class Prepared:
    """A statement with named values: `%(sku)s`. Its name is seen in PostgreSQL's log.

        _SKU = Prepared("catalog_sku_price", "SELECT price_fen FROM catalog_sku WHERE id = %(sku)s")
        _SKU.row({"sku": 5})

    The columns that it returns are written out: after a migration `*` would mean others.
    """

    def __init__(self, name: str, text: str) -> None:
        if len(name) > NAME_LENGTH:
            raise ValueError(f"PostgreSQL would cut the name {name}")
        self.name, self.text = name, text
        # The same one may be made twice, by two threads that come first to a model's rows.
        if _all.setdefault(name, self).text != text:
            raise ValueError(f"two statements are called {name}")
        self.values = tuple(dict.fromkeys(_PLACE.findall(text)))
        places = {one: f"${number}" for number, one in enumerate(self.values, 1)}
        self.prepare = f"PREPARE {name} AS {_PLACE.sub(lambda at: places[at[1]], text)}"
        self.execute = f"EXECUTE {name}"
        if self.values:
            self.execute += f"({', '.join(['%s'] * len(self.values))})"

    def rows(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Everything that it returns."""
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            run_together(cursor, [(self, values)])
            return cursor.fetchall()

    def row(self, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row that it returns."""
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            run_together(cursor, [(self, values)])
            return cursor.fetchone()

    def count(self, values: Mapping[str, Any]) -> int:
        """How many rows it changed."""
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            run_together(cursor, [(self, values)])
            return cursor.rowcount


def run_together(cursor: CursorWrapper, work: Sequence[tuple[Prepared, Mapping[str, Any]]]) -> None:
    """Run statements one after the other in one trip to the database; what is read from the cursor
    is the last one's. The first that fails ends them all.

    Behind a pooler the next statement may be another connection's: nothing is prepared there.
    """
    database = cursor.db
    if database.settings_dict["CONN_MAX_AGE"] == 0:
        cursor.execute(*_unprepared(work))
        return
    database.validate_no_broken_transaction()
    known = _known.get(database.connection)
    if known is None:
        known = _known[database.connection] = set()
    for one, _ in work:
        if one.name not in known:
            # Not by Django's cursor: whoever counts queries counts what is done, first time or not.
            with database.wrap_database_errors:
                cursor.cursor.execute(one.prepare)
            known.add(one.name)
    cursor.execute(
        "; ".join([one.execute for one, _ in work]),
        [given[name] for one, given in work for name in one.values],
    )


def _unprepared(
    work: Sequence[tuple[Prepared, Mapping[str, Any]]],
) -> tuple[str, dict[str, Any]]:
    """The same with plain statements, whose values are called by their place in the work, too."""
    texts, values = [], {}
    for number, (one, given) in enumerate(work):
        texts.append(_PLACE.sub(rf"%({number}.\1)s", one.text))
        values.update({f"{number}.{name}": given[name] for name in one.values})
    return "; ".join(texts), values
