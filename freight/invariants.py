"""What must always be true of freight templates."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from core.invariants import invariant

LIMIT = 1000


@invariant("freight.areas", because="one province of a template has one tariff, its own store's")
def areas(now: datetime) -> Iterable[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT template.id, province, count(*), bool_and(area.store_id = template.store_id)
            FROM freight_freighttemplate template
                JOIN freight_freightarea area ON area.template_id = template.id,
                unnest(area.provinces) AS province
            GROUP BY template.id, province
            HAVING count(*) > 1 OR NOT bool_and(area.store_id = template.store_id)
            ORDER BY template.id, province LIMIT %s
            """,
            [LIMIT],
        )
        for template_id, province, number, _is_own in cursor.fetchall():
            yield f"freight template {template_id}", f"{number} rows for province {province}"
