"""A refund that WeChat Pay will never make is explained, and leaves the list."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A default of the database: whoever runs the version before may still write rows.
EXPLANATION = models.TextField(blank=True, db_default="", default="", verbose_name="处理说明")


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_account_trouble"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="explained_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="处理时间"),
        ),
        migrations.AddField(
            model_name="refund",
            name="explained_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="处理人",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="explanation",
            field=EXPLANATION,
        ),
        *[
            migrations.AlterField(model_name=name, name="explanation", field=EXPLANATION)
            for name in ("billdifference", "paymentincident", "tradebill")
        ],
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("explained_at", None),
                    models.Q(("state", "requested"), _negated=True),
                    _connector="OR",
                ),
                name="payments_refund_paid_once",
            ),
        ),
    ]
