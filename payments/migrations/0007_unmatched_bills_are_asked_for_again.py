"""A bill that was kept by a worker that died before matching it was never looked at again."""

from django.db import migrations

FORGET = """
DELETE FROM payments_billline line USING payments_tradebill bill
    WHERE bill.id = line.bill_id AND bill.matched_at IS NULL;
DELETE FROM payments_tradebill WHERE matched_at IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0006_group_tier_refunds"),
    ]

    operations = [migrations.RunSQL(FORGET, migrations.RunSQL.noop)]
