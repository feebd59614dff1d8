from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("simulator", "0010_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="app",
            name="js_domains",
            field=models.JSONField(default=list),
        ),
    ]
