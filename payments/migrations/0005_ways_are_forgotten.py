"""The few attempts whose way to the cashier is still kept are found without reading all."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_refund_explained")]
    operations = [
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                fields=["id"],
                name="payments_payment_way",
                condition=~Q(payer_ip="", prepay_id="", code_url="", h5_url=""),
            ),
        ),
    ]
