"""What the office's first page reads of a million orders: parked rows, and a store's days."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_invoice_reversed")]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="orders_order_parked",
            ),
        ),
        migrations.AddIndex(
            model_name="riskreview",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="orders_review_parked",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["store", "placed_at"],
                name="orders_order_placed",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("paid_at__isnull", False)),
                fields=["store", "paid_at"],
                name="orders_order_paid",
            ),
        ),
    ]
