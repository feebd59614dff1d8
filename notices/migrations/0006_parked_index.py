"""The platform's first page reads the parked rows, and no others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0005_account_troubled")]

    operations = [
        migrations.AddIndex(
            model_name="noticedelivery",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="notices_delivery_parked",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="notices_reminder_parked",
            ),
        ),
    ]
