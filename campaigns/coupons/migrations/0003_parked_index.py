"""The platform's first page reads the parked rows, and no others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("coupons", "0002_terms_stay")]

    operations = [
        migrations.AddIndex(
            model_name="coupontemplate",
            index=models.Index(
                condition=models.Q(("due_parked_at__isnull", False)),
                fields=["due_parked_at"],
                name="coupons_template_parked",
            ),
        ),
    ]
