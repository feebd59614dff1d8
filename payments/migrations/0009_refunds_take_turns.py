from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0008_bills_come_or_are_explained"),
    ]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="first_asked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="首次提交时间"),
        ),
        migrations.AddField(
            model_name="refund",
            name="turn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="可提交时间"),
        ),
    ]
