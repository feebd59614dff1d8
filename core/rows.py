"""Writing new rows, and reading one by its id, without building the statement anew.

The ORM takes longer to build it than PostgreSQL takes to run it. Here it is made once for each
model, from the model's own fields, and several new rows of several models go in one trip.
"""

from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction

from core.prepared import Prepared, run_together

M = TypeVar("M", bound=models.Model)


def row_insert(row: models.Model) -> None:
    """Write a new row, and give it its id. As `row.save(force_insert=True)`."""
    found = _insert(type(row)).row(_values(row))
    assert found is not None
    row.pk = found[0]
    _written(row)


def rows_insert(*rows: models.Model) -> None:
    """Write new rows of any models, in this order, in one trip. Their ids are not read back.

    Needs a transaction: the first that fails leaves nothing.
    """
    if not rows:
        return
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("rows are written together, or not at all")
    with connection.cursor() as cursor:
        run_together(cursor, [row_statement(row) for row in rows])
    for row in rows:
        _written(row)


def row_get(model: type[M], pk: int) -> M | None:
    """The row with that id."""
    found = _select(model).row({"pk": pk})
    if found is None:
        return None
    values = list(found)
    for place, converters in _converters(model):
        for convert in converters:
            values[place] = convert(values[place], None, connection)
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(DEFAULT_DB_ALIAS, names, values)


def row_statement(row: models.Model) -> tuple[Prepared, dict[str, Any]]:
    """What writes a new row, for `run_together`."""
    return _insert(type(row)), _values(row)


@cache
def _insert(model: type[models.Model]) -> Prepared:
    meta, quoted = model._meta, connection.ops.quote_name
    columns = [column for column, _ in _fields(model)]
    return Prepared(
        f"{meta.db_table}_insert",
        f"INSERT INTO {quoted(meta.db_table)} ({', '.join(map(quoted, columns))}) "
        f"VALUES ({', '.join(f'%({column})s' for column in columns)}) "
        f"RETURNING {quoted(str(meta.pk.column))}",
    )


@cache
def _select(model: type[models.Model]) -> Prepared:
    meta, quoted = model._meta, connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in meta.concrete_fields)
    return Prepared(
        f"{meta.db_table}_get",
        f"SELECT {columns} FROM {quoted(meta.db_table)} WHERE {quoted(str(meta.pk.column))} = %(pk)s",
    )


@cache
def _converters(model: type[models.Model]) -> list[tuple[int, list[Any]]]:
    """What makes of a column's value the field's, by the column's place; most need nothing."""
    found = [field.get_db_converters(connection) for field in model._meta.concrete_fields]
    return [(place, converters) for place, converters in enumerate(found) if converters]


@cache
def _fields(model: type[models.Model]) -> "tuple[tuple[str, models.Field[Any, Any]], ...]":
    """What a new row is written with, by its column."""
    fields = model._meta.local_concrete_fields
    return tuple(
        (str(field.column), field) for field in fields if not (field.primary_key or field.generated)
    )


def _values(row: models.Model) -> dict[str, Any]:
    database = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up at each of many uses
    return {
        column: field.get_db_prep_save(field.pre_save(row, True), database)
        for column, field in _fields(type(row))
    }


def _written(row: models.Model) -> None:
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
