from django.db import migrations, models

# Reviews of orders that ended before a review did so with its order.
END = """
    UPDATE orders_riskreview review
    SET outcome = 'ended', due_at = NULL, decided_at = COALESCE(o.cancelled_at, o.closed_at)
    FROM orders_order o
    WHERE o.id = review.order_id AND review.outcome = '' AND o.state IN ('closed', 'cancelled')
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0014_given_up")]

    operations = [
        migrations.AlterField(
            model_name="riskreview",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "待审核"),
                    ("released", "已放行"),
                    ("refused", "已拒绝"),
                    ("timed_out", "到时放行"),
                    ("ended", "订单已结束"),
                ],
                default="",
                max_length=16,
                verbose_name="结果",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="state",
            field=models.CharField(
                choices=[
                    ("awaiting_payment", "待付款"),
                    ("on_hold", "暂缓发货"),
                    ("to_ship", "待发货"),
                    ("shipped", "待收货"),
                    ("completed", "已完成"),
                    ("closed", "已关闭"),
                    ("cancelled", "已取消"),
                ],
                default="awaiting_payment",
                max_length=24,
                verbose_name="状态",
            ),
        ),
        migrations.RunSQL(END, migrations.RunSQL.noop),
    ]
