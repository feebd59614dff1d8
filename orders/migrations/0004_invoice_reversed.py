"""How much of an invoice its store has reversed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_parcel_number")]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="reversed_fen",
            field=models.PositiveBigIntegerField(
                db_default=0, default=0, verbose_name="已红冲金额（分）"
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="reversed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="最近一次红冲"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reversed_fen", 0),
                    models.Q(("issued_fen__gte", models.F("reversed_fen")), ("state", "issued")),
                    _connector="OR",
                ),
                name="orders_invoice_reversed_within",
            ),
        ),
    ]
