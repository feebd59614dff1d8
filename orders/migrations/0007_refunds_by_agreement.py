"""A store may give back money for goods that were sent."""

from django.db import migrations, models
from django.db.models.functions import Greatest


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
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    rebate_fen__lte=models.F("amount_fen")
                    - models.F("discount_fen")
                    + Greatest(models.F("adjust_fen"), 0)
                ),
                name="orders_line_rebate_max",
            ),
        ),
        migrations.RemoveConstraint(model_name="orderline", name="orders_line_rebate_within"),
    ]
