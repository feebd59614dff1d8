"""Writing rows, and reading one by its id, without building the statement anew.

The ORM takes longer to build it than PostgreSQL takes to run it. Here it is made once for each
model, from the model's own fields, and several new rows of several models go in one trip.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar
from zlib import crc32

from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction

from core.prepared import Prepared, run_together

M = TypeVar("M", bound=models.Model)


def row_insert(row: models.Model) -> None:
    """Write a new row, and give it its id. As `row.save(force_insert=True)`."""
    found = _insert(type(row)).row(_values(row))
    assert found is not None
    row.pk = found[0]
    _written(row)


def row_insert_once(row: models.Model) -> bool:
    """Write a new row and give it its id; False when a unique key says that it is there."""
    found = _insert(type(row), " ON CONFLICT DO NOTHING").row(_values(row))
    if found is None:
        return False
    row.pk = found[0]
    _written(row)
    return True


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
    return _read(model, _select(model, ""), pk)


def row_lock(model: type[M], pk: int) -> M:
    """The row with that id, locked `FOR NO KEY UPDATE` until the transaction ends: rows that refer to
    it do not wait. Raises the model's DoesNotExist."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a lock is held by a transaction only")
    found = _read(model, _select(model, " FOR NO KEY UPDATE"), pk)
    if found is None:
        raise model.DoesNotExist(f"no {model._meta.label} {pk}")  # type: ignore[attr-defined]
    return found


def rows_get(model: type[M], **of: int) -> list[M]:
    """The rows that refer to one other, in the sequence of their ids: `rows_get(Line, order_id=5)`."""
    [(column, pk)] = of.items()
    return [_row(model, found) for found in _select_of(model, column).rows({"pk": pk})]


def _read(model: type[M], statement: Prepared, pk: int) -> M | None:
    found = statement.row({"pk": pk})
    return None if found is None else _row(model, found)


def _row(model: type[M], found: tuple[Any, ...]) -> M:
    values = list(found)
    for place, converters in _converters(model):
        for convert in converters:
            values[place] = convert(values[place], None, connection)
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(DEFAULT_DB_ALIAS, names, values)


def rows_sweep(rows: models.QuerySet[Any], *, batch: int = 1000) -> int:
    """Delete rows that nothing refers to, so many at once and in the sequence of their ids; how many
    there were. Nobody waits for all of them, and it may stop and begin again anywhere."""
    gone, ahead = 0, rows
    while ids := list(ahead.order_by("pk").values_list("pk", flat=True)[:batch]):
        gone += rows.filter(pk__in=ids).delete()[0]
        ahead = rows.filter(pk__gt=ids[-1])
    return gone


def row_update(
    row: models.Model, values: Mapping[str, Any], *, name: str, only: Mapping[str, tuple[str, ...]]
) -> bool:
    """Set columns of a stored row, if its `only` columns hold one of those; whether it was so. The row
    in memory stays as it is. `values` are plain: ids for foreign keys, no expressions. `name` says in PostgreSQL's log what was done."""
    database = connections[DEFAULT_DB_ALIAS]
    statement, fields = _update(type(row), name, tuple(values), tuple(only.items()))
    given = {column: field.get_db_prep_save(values[key], database) for key, column, field in fields}
    return statement.count({**given, "the_pk": row.pk}) == 1


def row_statement(row: models.Model) -> tuple[Prepared, dict[str, Any]]:
    """What writes a new row, for `run_together`."""
    return _insert(type(row)), _values(row)


@cache
def _insert(model: type[models.Model], conflict: str = "") -> Prepared:
    meta, quoted = model._meta, connection.ops.quote_name
    columns = [column for column, _ in _fields(model)]
    return Prepared(
        f"{meta.db_table}_insert{'_once' if conflict else ''}",
        f"INSERT INTO {quoted(meta.db_table)} ({', '.join(map(quoted, columns))}) "
        f"VALUES ({', '.join(f'%({column})s' for column in columns)}){conflict} "
        f"RETURNING {quoted(str(meta.pk.column))}",
    )


@cache
def _update(
    model: type[models.Model],
    name: str,
    keys: tuple[str, ...],
    only: tuple[tuple[str, tuple[str, ...]], ...],
) -> "tuple[Prepared, list[tuple[str, str, models.Field[Any, Any]]]]":
    meta, quoted = model._meta, connection.ops.quote_name
    known: list[tuple[str, models.Field[Any, Any]]] = [(key, _field(model, key)) for key in keys]
    fields = [(key, str(field.column), field) for key, field in known]
    sets = ", ".join(f"{quoted(column)} = %({column})s" for _, column, _ in fields)
    wanted = [f"{quoted(str(meta.pk.column))} = %(the_pk)s"]
    for key, held in only:
        texts = ", ".join(f"'{one}'" for one in held)
        wanted.append(f"{quoted(str(_field(model, key).column))} IN ({texts})")
    text = f"UPDATE {quoted(meta.db_table)} SET {sets} WHERE {' AND '.join(wanted)}"
    # One move may set different columns in different places.
    return Prepared(f"{meta.db_table}_{name}_{crc32(text.encode()):08x}", text), fields


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field


@cache
def _select(model: type[models.Model], lock: str) -> Prepared:
    meta, quoted = model._meta, connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in meta.concrete_fields)
    key = quoted(str(meta.pk.column))
    return Prepared(
        f"{meta.db_table}_{'lock' if lock else 'get'}",
        f"SELECT {columns} FROM {quoted(meta.db_table)} WHERE {key} = %(pk)s{lock}",
    )


@cache
def _select_of(model: type[models.Model], column: str) -> Prepared:
    meta, quoted = model._meta, connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in meta.concrete_fields)
    return Prepared(
        f"{meta.db_table}_of_{column}",
        f"SELECT {columns} FROM {quoted(meta.db_table)} WHERE {quoted(column)} = %(pk)s "
        f"ORDER BY {quoted(str(meta.pk.column))}",
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
