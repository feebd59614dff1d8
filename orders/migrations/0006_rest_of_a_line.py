"""What was not sent of a line may be cancelled, as a line of its own beside it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_office_indexes")]

    operations = [
        # The old constraint goes last: until then nobody who reads an order waits.
        migrations.AddIndex(
            model_name="orderline",
            index=models.Index(fields=["order"], name="orders_line_order"),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cancelled_at", None)),
                fields=("order", "sku"),
                name="orders_line_sku_lives_once",
            ),
        ),
        migrations.RemoveConstraint(model_name="orderline", name="orders_line_sku_once"),
    ]
