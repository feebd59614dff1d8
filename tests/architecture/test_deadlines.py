"""What waits, and what was parked, is read by an index of its own, however many rows there are."""

import pytest
from django.db import connection

from core.deadlines import deadline_kinds

PARTIAL = """
    SELECT indexdef FROM pg_indexes WHERE tablename = %s AND indexdef LIKE %s
"""


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["due_at", "due_parked_at"])
@pytest.mark.parametrize("kind", deadline_kinds(), ids=lambda kind: kind.name)
def test_every_kind_of_deadline_has_an_index_of_its_rows_alone(kind, column):
    with connection.cursor() as cursor:
        only = f"%USING btree ({column}) WHERE ({column} IS NOT NULL)"
        cursor.execute(PARTIAL, [kind.model._meta.db_table, only])
        assert len(cursor.fetchall()) == 1
