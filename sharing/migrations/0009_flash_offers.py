from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0008_second_links"),
    ]

    operations = [
        migrations.AlterField(
            model_name="sharelink",
            name="target_kind",
            field=models.CharField(
                choices=[
                    ("store", "店铺"),
                    ("product", "商品"),
                    ("group", "拼团"),
                    ("showcase", "橱窗"),
                    ("bargain", "砍价"),
                    ("counter", "柜台码"),
                    ("flash", "秒杀"),
                ],
                max_length=16,
                verbose_name="对象类型",
            ),
        ),
    ]
