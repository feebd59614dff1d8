from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0015_review_ends_with_its_order")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="street_index",
            field=models.CharField(blank=True, default="", editable=False, max_length=64),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("street_index", ""), _negated=True),
                fields=["street_index", "placed_at"],
                name="orders_order_street",
            ),
        ),
    ]
