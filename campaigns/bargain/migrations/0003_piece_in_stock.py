"""A bargain keeps a piece in stock while it waits for its launcher.

Those that wait already get one where there is any; the audit names the others until they end.
"""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import migrations, models

WAITING = """
    SELECT b.id, b.public_id, c.sku_id FROM bargain_bargain b
    JOIN bargain_bargaincampaign c ON c.id = b.campaign_id
    WHERE b.state IN ('running', 'reached') ORDER BY c.sku_id, b.id
"""
RESERVE = """
    WITH moved AS (
        UPDATE catalog_sku SET reserved = reserved + 1
        WHERE id = %s AND on_hand - reserved >= 1 AND removed_at IS NULL RETURNING id, store_id
    )
    INSERT INTO catalog_stockmovement
        (store_id, sku_id, kind, on_hand_change, reserved_change, reference, reason, moved_at)
    SELECT store_id, id, 'reserve', 0, 1, %s, '为砍价预留', now() FROM moved
"""


def reserve(apps: Any, editor: Any) -> None:
    with editor.connection.cursor() as cursor:
        cursor.execute(WAITING)
        for pk, ref, sku_id in cursor.fetchall():
            cursor.execute(RESERVE, [sku_id, ref])
            if cursor.rowcount == 1:
                cursor.execute(
                    "UPDATE bargain_bargain SET reserved_as = %s WHERE id = %s", [ref, pk]
                )


class Migration(migrations.Migration):
    dependencies = [
        ("bargain", "0002_terms_stay"),
        ("catalog", "0002_append_only"),
    ]
    operations = [
        migrations.AddField(
            model_name="bargain",
            name="reserved_as",
            field=models.CharField(
                blank=True,
                default="",
                editable=False,
                max_length=40,
                verbose_name="库存占用单号",
            ),
        ),
        migrations.AlterField(
            model_name="bargaincampaign",
            name="quota",
            field=models.PositiveIntegerField(
                help_text="同时进行和已买到的砍价合计；发起时占用名额和一件库存，过期退回。",
                validators=[MinValueValidator(1)],
                verbose_name="活动名额（件）",
            ),
        ),
        migrations.AddConstraint(
            model_name="bargain",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reserved_as", ""), ("state__in", ("running", "reached")), _connector="OR"
                ),
                name="bargain_piece_while_it_waits",
            ),
        ),
        migrations.RunPython(reserve, migrations.RunPython.noop),
    ]
