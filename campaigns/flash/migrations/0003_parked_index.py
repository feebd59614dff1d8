"""The platform's first page reads the parked rows, and no others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flash", "0002_terms_stay")]

    operations = [
        migrations.AddIndex(
            model_name="flashcampaign",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="flash_campaign_parked",
            ),
        ),
    ]
