"""A campaign may let its price take coupons; once published it never changes its mind."""

from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION flash_takes_coupons_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'whether a published campaign takes coupons never changes'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'flash_takes_coupons_stays';
END $$;
CREATE TRIGGER flash_takes_coupons_stays BEFORE UPDATE OF takes_coupons ON flash_flashcampaign
    FOR EACH ROW WHEN (OLD.state <> 'draft' AND OLD.takes_coupons <> NEW.takes_coupons)
    EXECUTE FUNCTION flash_takes_coupons_stays();
"""
BACKWARDS = """
DROP TRIGGER flash_takes_coupons_stays ON flash_flashcampaign;
DROP FUNCTION flash_takes_coupons_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("flash", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="flashcampaign",
            name="takes_coupons",
            field=models.BooleanField(
                default=False,
                help_text="打开后，下单时还能用本店的优惠券；发布后不能再改。",
                verbose_name="可叠加优惠券",
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
