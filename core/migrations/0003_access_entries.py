"""Who saw people's full data; the database itself refuses to change or delete a row."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

APPEND_ONLY = """
CREATE FUNCTION core_access_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'access entries are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER core_access_append_only
    BEFORE UPDATE OR DELETE ON core_accessentry
    FOR EACH ROW EXECUTE FUNCTION core_access_refuse();
"""

BACK = """
DROP TRIGGER core_access_append_only ON core_accessentry;
DROP FUNCTION core_access_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_delivery_formkey"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("store_id", models.BigIntegerField(null=True, verbose_name="店铺编号")),
                ("what", models.CharField(max_length=60, verbose_name="看了什么")),
                ("reference", models.CharField(blank=True, max_length=40, verbose_name="哪一个")),
                ("count", models.PositiveIntegerField(verbose_name="多少人的资料")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="谁",
                    ),
                ),
            ],
            options={
                "verbose_name": "资料查看记录",
                "verbose_name_plural": "资料查看记录",
                "indexes": [models.Index(fields=["store_id", "-id"], name="core_access_store")],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, BACK),
    ]
