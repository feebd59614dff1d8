"""Money also goes back because store and buyer agreed on it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_office_indexes")]

    operations = [
        migrations.AlterField(
            model_name="refund",
            name="reason",
            field=models.CharField(
                choices=[
                    ("group_failed", "拼团未成团"),
                    ("late", "超时后到账"),
                    ("duplicate", "重复支付"),
                    ("cancelled", "订单取消"),
                    ("line_cancelled", "取消部分商品"),
                    ("group_tier", "阶梯团差价"),
                    ("agreed", "协商退款"),
                ],
                max_length=16,
                verbose_name="原因",
            ),
        ),
    ]
