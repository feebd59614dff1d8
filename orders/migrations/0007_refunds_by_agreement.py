"""A store may give back money for goods that were sent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_rest_of_a_line")]

    operations = [
        migrations.AlterField(
            model_name="orderchange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("address", "修改收货信息"),
                    ("line_cancelled", "取消部分商品"),
                    ("line_refunded", "协商退款"),
                    ("urged", "买家催发货"),
                    ("extended", "买家延长收货"),
                    ("note", "商家备注"),
                ],
                max_length=16,
                verbose_name="类型",
            ),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="rebate_fen",
            field=models.PositiveBigIntegerField(default=0, verbose_name="事后退回（分）"),
        ),
    ]
