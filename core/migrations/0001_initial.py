"""The kernel's tables. `core_fact` is partitioned by month, which Django cannot say by itself."""

import django.db.models.deletion
from django.conf import settings
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

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fact_id", models.BigIntegerField(verbose_name="事实编号")),
                ("fact_at", models.DateTimeField(verbose_name="事实时间")),
                ("name", models.CharField(max_length=64, verbose_name="事实")),
                ("subscriber", models.CharField(max_length=100, verbose_name="订阅者")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="尝试次数")),
                (
                    "reruns",
                    models.PositiveSmallIntegerField(default=0, verbose_name="重新投递次数"),
                ),
                ("due_at", models.DateTimeField(verbose_name="下次投递")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="投递时间")),
                ("parked_at", models.DateTimeField(null=True, verbose_name="搁置时间")),
                ("error", models.TextField(blank=True, verbose_name="最后的错误")),
            ],
            options={
                "verbose_name": "投递",
                "verbose_name_plural": "投递",
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at", None), ("parked_at", None)),
                        fields=["due_at"],
                        name="core_delivery_due",
                    ),
                    models.Index(
                        condition=models.Q(("parked_at__isnull", False)),
                        fields=["parked_at"],
                        name="core_delivery_parked",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("fact_id", "subscriber"), name="core_delivery_once"
                    )
                ],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FACT, "DROP TABLE core_fact")],
            state_operations=[
                migrations.CreateModel(
                    name="Fact",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
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
                        "indexes": [
                            models.Index(
                                fields=["subject", "subject_id", "id"], name="core_fact_subject"
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="FormKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("owner", models.CharField(max_length=64)),
                ("key", models.CharField(max_length=64)),
                ("purpose", models.CharField(max_length=32)),
                ("result", models.JSONField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "key"), name="core_formkey_once")
                ],
            },
        ),
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
    ]
