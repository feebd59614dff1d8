"""What a published full reduction takes off never changes; it can only end."""

from django.db import migrations

from core.frozen_terms import rows_stay, terms_stay


class Migration(migrations.Migration):
    dependencies = [("reductions", "0001_initial")]
    operations = [
        terms_stay(
            table="reductions_reduction",
            columns=("store_id", "kind", "cap_fen", "scope", "category_id", "product_id"),
            name="reductions_terms_stay",
            what="full reduction",
        ),
        rows_stay(
            table="reductions_reductionstep",
            parent="reductions_reduction",
            key="reduction_id",
            columns=("store_id", "reduction_id", "threshold_fen", "off_fen"),
            name="reductions_steps_stay",
            what="full reduction",
        ),
    ]
