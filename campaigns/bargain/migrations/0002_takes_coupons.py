"""A campaign may let its price take coupons; once published it never changes its mind."""

from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION bargain_takes_coupons_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'whether a published campaign takes coupons never changes'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'bargain_takes_coupons_stays';
END $$;
CREATE TRIGGER bargain_takes_coupons_stays BEFORE UPDATE OF takes_coupons ON bargain_bargaincampaign
    FOR EACH ROW WHEN (OLD.state <> 'draft' AND OLD.takes_coupons <> NEW.takes_coupons)
    EXECUTE FUNCTION bargain_takes_coupons_stays();
"""
BACKWARDS = """
DROP TRIGGER bargain_takes_coupons_stays ON bargain_bargaincampaign;
DROP FUNCTION bargain_takes_coupons_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("bargain", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="bargaincampaign",
            name="takes_coupons",
            field=models.BooleanField(
                default=False,
                help_text="打开后，下单时还能用本店的优惠券；发布后不能再改。",
                verbose_name="可叠加优惠券",
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
