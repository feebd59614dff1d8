"""What people pay in a published group-buy, and what becomes of their money, never changes."""

from django.db import migrations

from core.frozen_terms import rows_stay, terms_stay

CAMPAIGN = "groupbuy_groupcampaign"


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0001_initial")]
    operations = [
        terms_stay(
            table=CAMPAIGN,
            columns=(
                "store_id",
                "product_id",
                "size",
                "hours",
                "ending",
                "least",
                "newcomers_only",
                "takes_coupons",
            ),
            name="groupbuy_terms_stay",
            what="group-buy",
        ),
        rows_stay(
            table="groupbuy_groupprice",
            parent=CAMPAIGN,
            key="campaign_id",
            columns=("store_id", "campaign_id", "sku_id", "price_fen", "leader_fen"),
            name="groupbuy_prices_stay",
            what="group-buy",
        ),
        rows_stay(
            table="groupbuy_grouptier",
            parent=CAMPAIGN,
            key="campaign_id",
            columns=("store_id", "campaign_id", "people", "off_fen"),
            name="groupbuy_tiers_stay",
            what="group-buy",
        ),
    ]
