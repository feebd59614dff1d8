"""The platform's first page reads the parked rows, and no others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharers", "0002_declined")]

    operations = [
        migrations.AddIndex(
            model_name="reward",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="sharers_reward_parked",
            ),
        ),
    ]
