"""What a published coupon is worth never changes: people took it for what it said."""

from django.db import migrations

FIXED = (
    "store_id, kind, off_fen, percent, cap_fen, minimum_fen, scope, category_id, product_id, how, "
    "total, limit_per_person, valid_days, usable_from, usable_until"
)


def row(name: str) -> str:
    return ", ".join(f"{name}.{column}" for column in FIXED.split(", "))


FORWARDS = f"""
CREATE FUNCTION coupons_terms_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (NEW.state = 'draft' OR ROW({row("NEW")}) IS DISTINCT FROM ROW({row("OLD")}))
    THEN
        RAISE EXCEPTION 'the terms of a published coupon never change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'coupons_terms_stay';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER coupons_terms_stay BEFORE UPDATE ON coupons_coupontemplate
    FOR EACH ROW EXECUTE FUNCTION coupons_terms_stay();
"""
BACKWARDS = """
DROP TRIGGER coupons_terms_stay ON coupons_coupontemplate;
DROP FUNCTION coupons_terms_stay();
"""


class Migration(migrations.Migration):
    dependencies = [("coupons", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
