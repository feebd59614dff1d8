from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0016_street_index"),
        ("catalog", "0003_sku_details"),
    ]

    operations = [
        migrations.AddField(
            model_name="orderline",
            name="return_rule",
            field=models.CharField(default="seven_days", max_length=16, verbose_name="退货规则"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="return_reason",
            field=models.CharField(
                blank=True, default="", max_length=16, verbose_name="不支持的法定理由"
            ),
        ),
        # What is known of older lines: whom the buyer agreed with, and what the SKU says now.
        # Without the buyer's agreement, a reason that needs it took nothing away.
        migrations.RunSQL(
            """
            UPDATE orders_orderline line
            SET return_rule = 'exempt', return_reason = sku.return_reason
            FROM catalog_sku sku
            WHERE sku.id = line.sku_id AND sku.return_rule = 'exempt'
                AND (line.exempt_consent_id IS NOT NULL OR sku.return_reason IN
                    ('made_to_order', 'perishable', 'digital', 'periodical'))
            """,
            migrations.RunSQL.noop,
        ),
    ]
