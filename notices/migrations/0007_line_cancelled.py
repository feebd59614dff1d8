"""A buyer is told of goods that are cancelled without a refund: one more kind."""

from django.db import migrations, models

KINDS = [
    ("paid", "付款成功"),
    ("pay_soon", "付款快要截止"),
    ("repriced", "商家改价"),
    ("closed", "订单关闭"),
    ("shipped", "发货"),
    ("delivered", "虚拟商品交付"),
    ("address_changed", "商家改了收货信息"),
    ("receive_soon", "快要自动收货"),
    ("group_joined", "有人参团"),
    ("group_one_short", "拼团只差一人"),
    ("group_soon", "拼团快到时间"),
    ("group_succeeded", "拼团成功"),
    ("group_failed", "拼团未成功"),
    ("cancelled", "订单取消"),
    ("line_cancelled", "商品取消"),
    ("paid_late", "付款来晚了"),
    ("refunding", "退款中"),
    ("refunded", "退款到账"),
    ("refund_stuck", "退款遇到问题"),
    ("invoice_issued", "开出发票"),
    ("invoice_declined", "发票没有开出"),
    ("staff_to_ship", "有订单要发货"),
    ("staff_urged", "买家催发货"),
    ("staff_address_changed", "买家改了收货信息"),
    ("staff_refund_stuck", "有退款要处理"),
    ("staff_invoice_over", "有发票要红冲"),
    ("staff_codes_out", "群码用完了"),
    ("staff_account_troubled", "收不了款"),
    ("flash_soon", "秒杀快要开始"),
    ("flash_off", "秒杀取消"),
    ("bargain_reached", "砍价到底价"),
    ("bargain_soon", "砍价快到时间"),
    ("sharer_approved", "分享员申请通过"),
    ("sharer_declined", "分享员申请没有通过"),
    ("staff_sharer_applied", "有人申请做分享员"),
]


class Migration(migrations.Migration):
    dependencies = [("notices", "0006_parked_index")]
    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=24, verbose_name="内容"),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=24, verbose_name="内容"),
        ),
    ]
