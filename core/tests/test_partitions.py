"""Facts of a month lie together from its first second."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from core import clock
from core.partitions import partitions_ensure

pytestmark = pytest.mark.django_db


def there(at, *, ahead):
    """Whether the month that comes so many after this one has its partition."""
    months = at.month - 1 + ahead
    name = f"core_fact_{at.year + months // 12}_{months % 12 + 1:02d}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        return cursor.fetchone()[0] is not None


def test_a_migrated_database_has_this_months_and_the_next_ones():
    now = clock.now()
    assert [there(now, ahead=ahead) for ahead in range(3)] == [True] * 3


def test_months_are_made_once_and_across_the_turn_of_a_year():
    at = datetime(2071, 11, 30, tzinfo=UTC)
    made = ["core_fact_2071_11", "core_fact_2071_12", "core_fact_2072_01"]
    assert partitions_ensure(now=at) == made
    assert partitions_ensure(now=at) == []
