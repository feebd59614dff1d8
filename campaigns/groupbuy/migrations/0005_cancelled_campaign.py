"""A campaign keeps who cancelled it and why, until the last of its groups is given up."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("groupbuy", "0004_pieces_that_groups_need"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="groupcampaign",
            name="cancelled_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="取消时间"
            ),
        ),
        migrations.AddField(
            model_name="groupcampaign",
            name="cancelled_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="取消人",
            ),
        ),
        # A default of the database: whoever runs the version before may still write rows.
        migrations.AddField(
            model_name="groupcampaign",
            name="cancel_reason",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=120,
                verbose_name="取消原因",
            ),
        ),
        migrations.AddConstraint(
            model_name="groupcampaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cancel_reason", ""), ("cancelled_at", None)),
                    models.Q(
                        ("cancel_reason__gt", ""),
                        ("cancelled_at__isnull", False),
                        ("state", "ended"),
                    ),
                    _connector="OR",
                ),
                name="groupbuy_cancelled_has_ended",
            ),
        ),
    ]
