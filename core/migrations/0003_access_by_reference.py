"""Who looked at one order is found without reading every look there ever was."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0002_access_entries_stay")]

    operations = [
        migrations.AddIndex(
            model_name="accessentry",
            index=models.Index(
                condition=models.Q(("reference", ""), _negated=True),
                fields=["reference"],
                name="core_access_reference",
            ),
        ),
    ]
