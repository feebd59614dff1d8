from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_fulfilment"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="published_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="上架时间"
            ),
        ),
        # Nobody wrote down when it was. The first order shows that it was on sale by then; without
        # one it counts from now, and strikes no price through for a week.
        migrations.RunSQL(
            """
            UPDATE catalog_product product SET published_at = COALESCE((
                SELECT min(moved.moved_at) FROM catalog_stockmovement moved
                JOIN catalog_sku sku ON sku.id = moved.sku_id
                WHERE sku.product_id = product.id AND moved.kind = 'reserve'
            ), now())
            WHERE product.state = 'on_sale'
            """,
            migrations.RunSQL.noop,
        ),
    ]
