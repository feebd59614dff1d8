"""A campaign may let its price take coupons."""

from django.db import migrations, models


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
    ]
