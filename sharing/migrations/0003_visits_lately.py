"""What a store's links brought lately is read without all that they ever brought."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0002_attributionwindow"),
        ("stores", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="visit",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="stores.store",
            ),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(fields=["store", "last_at"], name="sharing_visit_lately"),
        ),
    ]
