"""The platform's first page reads the parked rows, and no others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bargain", "0003_piece_in_stock")]

    operations = [
        migrations.AddIndex(
            model_name="bargaincampaign",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="bargain_campaign_parked",
            ),
        ),
        migrations.AddIndex(
            model_name="bargain",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="bargain_bargain_parked",
            ),
        ),
    ]
