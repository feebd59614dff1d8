"""The kernel's tables. `core_fact` is partitioned by month, which Django cannot say by itself."""

from django.db import migrations, models

FACT = """
CREATE SEQUENCE core_fact_id_seq;
CREATE TABLE core_fact (
    id bigint NOT NULL DEFAULT nextval('core_fact_id_seq'),
    name varchar(64) NOT NULL,
    subject varchar(32) NOT NULL,
    subject_id bigint NOT NULL,
    store_id bigint NULL,
    payload jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (id, recorded_at)
) PARTITION BY RANGE (recorded_at);
ALTER SEQUENCE core_fact_id_seq OWNED BY core_fact.id;
CREATE INDEX core_fact_subject ON core_fact (subject, subject_id, id);
CREATE TABLE core_fact_default PARTITION OF core_fact DEFAULT;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(FACT, "DROP TABLE core_fact"),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="Fact",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID")),
                        ("name", models.CharField(max_length=64, verbose_name="事实")),
                        ("subject", models.CharField(max_length=32, verbose_name="对象类型")),
                        ("subject_id", models.BigIntegerField(verbose_name="对象编号")),
                        ("store_id", models.BigIntegerField(null=True, verbose_name="店铺编号")),
                        ("payload", models.JSONField(verbose_name="内容")),
                        ("recorded_at", models.DateTimeField(verbose_name="时间")),
                    ],
                    options={
                        "verbose_name": "事实",
                        "verbose_name_plural": "事实",
                        "indexes": [models.Index(fields=["subject", "subject_id", "id"], name="core_fact_subject")],
                    },
                ),
            ],
        ),
    ]
