"""The platform's first page reads the parked rows, and no others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0002_terms_stay")]

    operations = [
        migrations.AddIndex(
            model_name="groupcampaign",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="groupbuy_campaign_parked",
            ),
        ),
        migrations.AddIndex(
            model_name="group",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="groupbuy_group_parked",
            ),
        ),
    ]
