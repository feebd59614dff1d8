from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0013_flash_offer")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="given_up_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="买家取消付款"),
        ),
    ]
