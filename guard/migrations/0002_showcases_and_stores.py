"""What a showcase and a store say of themselves is answered for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("guard", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="acknowledgement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("group", "拼团"),
                    ("bargain", "砍价"),
                    ("flash", "秒杀"),
                    ("coupon", "优惠券"),
                    ("reduction", "满减"),
                    ("product", "商品"),
                    ("entry", "群入口"),
                    ("sharers", "分享员计划"),
                    ("showcase", "分享员橱窗"),
                    ("store", "店铺资料"),
                ],
                max_length=16,
                verbose_name="活动类型",
            ),
        ),
    ]
