"""Who asked to share a store's goods and was not taken is told from who stopped."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharers", "0001_initial")]
    operations = [
        migrations.AlterField(
            model_name="sharer",
            name="state",
            field=models.CharField(
                choices=[
                    ("applied", "待审核"),
                    ("active", "分享中"),
                    ("stopped", "已停止"),
                    ("declined", "未通过"),
                ],
                default="applied",
                editable=False,
                max_length=16,
                verbose_name="状态",
            ),
        ),
    ]
