"""What the office reads of a million payments and bill lines: parked rows, a store's lines, and
those of WeChat Pay's own number.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_ways_are_forgotten")]

    operations = [
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="payments_payment_parked",
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="payments_refund_parked",
            ),
        ),
        migrations.AddIndex(
            model_name="billline",
            index=models.Index(
                fields=["store", "-id"],
                name="payments_bill_line_store",
            ),
        ),
        migrations.AddIndex(
            model_name="billline",
            index=models.Index(
                fields=["transaction_id"],
                name="payments_bill_line_wechat",
            ),
        ),
    ]
