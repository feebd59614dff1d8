"""Very many rows from a few: the database copies what was really made, each copy with ids, references
and numbers of its own. Whatever a table is like, its copies are never out of date.
"""

from collections.abc import Collection

from django.db import connection, transaction

# Numbers that tell one row from another: a copy has its own, and refers to its own.
NUMBERS = frozenset(
    {
        *("public_id", "order_ref", "reference", "out_trade_no", "out_refund_no"),
        *("transaction_id", "provider_refund_id", "offer_ref", "part", "key"),
    }
)


def rows_copy(tables: Collection[str], copies: int) -> None:
    """Every row of these tables so many times more; what refers to a row of them refers to the
    copy's own, everything else to the original's."""
    with connection.cursor() as cursor:
        stride = 1 + max(_highest(cursor, table) for table in tables)
        with transaction.atomic():
            # Copies refer to copies that are not there yet, and nothing is to be told of them.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in tables:
                said = {"stride": stride, "copies": copies}
                cursor.execute(_copy_sql(cursor, table, tables), said)
            cursor.execute("SET LOCAL session_replication_role = origin")


def _highest(cursor: object, table: str) -> int:
    cursor.execute(f"SELECT COALESCE(max(id), 0) FROM {table}")  # type: ignore[attr-defined]
    return int(cursor.fetchone()[0])  # type: ignore[attr-defined]


def _copy_sql(cursor: object, table: str, tables: Collection[str]) -> str:
    """INSERT … SELECT of every row, `copies` times; ids move by `stride` for each copy."""
    cursor.execute(  # type: ignore[attr-defined]
        """
        SELECT column_name, (SELECT target.relname FROM pg_constraint fk
            JOIN pg_class target ON target.oid = fk.confrelid
            JOIN pg_attribute own ON own.attrelid = fk.conrelid AND own.attnum = fk.conkey[1]
            WHERE fk.contype = 'f' AND fk.conrelid = %s::regclass
                AND own.attname = column_name LIMIT 1)
        FROM information_schema.columns
        WHERE table_name = %s AND table_schema = 'public' AND is_generated = 'NEVER'
        ORDER BY ordinal_position
        """,
        [table, table],
    )
    columns = cursor.fetchall()  # type: ignore[attr-defined]
    taken = ", ".join(f'"{name}"' for name, _target in columns)
    given = ", ".join(_value(name, target, tables) for name, target in columns)
    return (
        f"INSERT INTO {table} ({taken}) SELECT {given} FROM {table} row "
        f"CROSS JOIN generate_series(1, %(copies)s) AS copy WHERE row.id < %(stride)s"
    )


def _value(name: str, target: str | None, tables: Collection[str]) -> str:
    if name == "id" or target in tables:
        return f'row."{name}" + copy * %(stride)s'
    if name == "part":  # "line_7": of a line that is a copy, too
        moved = """(substr(row.part, 6)::bigint + copy * %(stride)s)"""
        return f"CASE WHEN row.part LIKE 'line\\_%%' THEN 'line_' || {moved} ELSE row.part END"
    if name in NUMBERS:
        # The same number becomes the same one everywhere in a copy.
        moved = f"left(md5(row.\"{name}\" || '#' || copy), 30)"
        return f'CASE WHEN row."{name}" <> \'\' THEN {moved} ELSE row."{name}" END'
    return f'row."{name}"'
