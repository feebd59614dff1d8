from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("simulator", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="grant", name="token_at", field=models.DateTimeField(null=True)
        ),
    ]
