"""What a published bargain starts from, leads to and takes to get there never changes."""

from django.db import migrations

from core.frozen_terms import terms_stay


class Migration(migrations.Migration):
    dependencies = [("bargain", "0001_initial")]
    operations = [
        terms_stay(
            table="bargain_bargaincampaign",
            columns=(
                "store_id",
                "sku_id",
                "list_fen",
                "floor_fen",
                "helpers",
                "newcomer_percent",
                "newcomer_weight",
                "hours",
                "hold_hours",
                "buy_midway",
                "takes_coupons",
            ),
            name="bargain_terms_stay",
            what="bargain",
        ),
    ]
