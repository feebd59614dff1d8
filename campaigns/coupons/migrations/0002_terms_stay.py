"""What a published coupon is worth never changes: people took it for what it said."""

from django.db import migrations

from core.frozen_terms import terms_stay


class Migration(migrations.Migration):
    dependencies = [("coupons", "0001_initial")]
    operations = [
        terms_stay(
            table="coupons_coupontemplate",
            columns=(
                "store_id",
                "kind",
                "off_fen",
                "percent",
                "cap_fen",
                "minimum_fen",
                "scope",
                "category_id",
                "product_id",
                "how",
                "total",
                "limit_per_person",
                "valid_days",
                "usable_from",
                "usable_until",
            ),
            name="coupons_terms_stay",
            what="coupon",
        ),
    ]
