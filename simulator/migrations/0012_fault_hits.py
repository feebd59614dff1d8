from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("simulator", "0011_js_domains"),
    ]

    operations = [
        migrations.AddField(
            model_name="fault",
            name="hits",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
