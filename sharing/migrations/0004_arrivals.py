"""Who comes by themselves is counted beside who comes by the search: one table for both."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sharing", "0003_visits_lately"),
        ("stores", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="searcharrival", name="sharing_search_once_per_person"
        ),
        migrations.RemoveConstraint(
            model_name="searcharrival", name="sharing_search_once_per_guest"
        ),
        migrations.RenameModel(old_name="SearchArrival", new_name="Arrival"),
        migrations.AlterModelOptions(
            name="arrival", options={"verbose_name": "到店", "verbose_name_plural": "到店"}
        ),
        migrations.AddField(
            model_name="arrival",
            name="source",
            field=models.CharField(
                choices=[("search", "店内搜索"), ("direct", "直接打开")],
                default="search",
                max_length=8,
                verbose_name="来源",
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.UniqueConstraint(
                condition=models.Q(("visitor__isnull", False)),
                fields=("store", "visitor", "source"),
                name="sharing_arrival_once_per_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.UniqueConstraint(
                condition=models.Q(("visitor", None)),
                fields=("guest", "store", "source"),
                name="sharing_arrival_once_per_guest",
            ),
        ),
        migrations.AddIndex(
            model_name="arrival",
            index=models.Index(fields=["store", "last_at"], name="sharing_arrival_lately"),
        ),
    ]
