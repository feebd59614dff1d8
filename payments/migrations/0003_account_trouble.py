"""Why an account takes no money, for its store's people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_money_stays")]

    operations = [
        migrations.AddField(
            model_name="merchantaccount",
            name="trouble",
            field=models.TextField(blank=True, default="", editable=False, verbose_name="收款问题"),
        ),
        migrations.AddField(
            model_name="merchantaccount",
            name="trouble_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="最近一次"
            ),
        ),
    ]
