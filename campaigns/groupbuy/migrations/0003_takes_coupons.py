"""A campaign may let its price take coupons."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_fulfilment"),
        ("groupbuy", "0002_leader_ladder_newcomers"),
        ("stores", "0003_store_share_domain"),
    ]

    operations = [
        migrations.AddField(
            model_name="groupcampaign",
            name="takes_coupons",
            field=models.BooleanField(
                default=False,
                help_text="打开后，下单时还能用本店的优惠券；发布后不能再改。阶梯团要退差价，不能叠加。",
                verbose_name="可叠加优惠券",
            ),
        ),
        migrations.AddConstraint(
            model_name="groupcampaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("ending", "ladder"), ("takes_coupons", True), _negated=True),
                name="groupbuy_ladder_takes_no_coupons",
                violation_error_message="阶梯团到时要退差价，不能叠加优惠券。",
            ),
        ),
    ]
