"""What a published flash sale offers, when and at which price never changes."""

from django.db import migrations

from core.frozen_terms import rows_stay, terms_stay

CAMPAIGN = "flash_flashcampaign"


class Migration(migrations.Migration):
    dependencies = [("flash", "0001_initial")]
    operations = [
        terms_stay(
            table=CAMPAIGN,
            columns=("store_id", "day", "slot_start", "slot_end", "pay_minutes", "takes_coupons"),
            name="flash_terms_stay",
            what="flash sale",
        ),
        rows_stay(
            table="flash_flashoffer",
            parent=CAMPAIGN,
            key="campaign_id",
            columns=("store_id", "campaign_id", "sku_id", "flash_fen", "list_fen", "per_person"),
            name="flash_offers_stay",
            what="flash sale",
        ),
    ]
