"""A campaign keeps what groups that have begun need, and gets back what cancelled orders had taken.

Groups that were begun before the campaign kept anything for them may need more than is left; the audit
names such a campaign until its groups are decided.
"""

from django.db import migrations, models

PIECES = """
    FROM (
        SELECT campaign_id, sum(quantity) AS pieces FROM groupbuy_member
        WHERE returned_at IS NOT NULL GROUP BY campaign_id
    ) gone WHERE gone.campaign_id = c.id;
"""
RETURN = f"""
    UPDATE groupbuy_member m SET returned_at = o.cancelled_at
    FROM orders_order o
    WHERE o.id = m.order_id AND m.state = 'confirmed' AND o.state = 'cancelled';
    UPDATE groupbuy_groupcampaign c SET quota_used = quota_used - gone.pieces {PIECES}
"""
TAKE_AGAIN = f"UPDATE groupbuy_groupcampaign c SET quota_used = quota_used + gone.pieces {PIECES}"
NEED = """
    UPDATE groupbuy_groupcampaign c SET quota_needed = g.pieces
    FROM (
        SELECT campaign_id,
            sum(GREATEST(COALESCE(least, size) - reserved - joined - confirmed, 0)) AS pieces
        FROM groupbuy_group WHERE state IN ('forming', 'open') GROUP BY campaign_id
    ) g WHERE g.campaign_id = c.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("groupbuy", "0003_parked_index"),
        ("orders", "0001_initial"),
    ]
    operations = [
        migrations.AddField(
            model_name="groupcampaign",
            name="quota_needed",
            field=models.PositiveIntegerField(
                default=0, editable=False, verbose_name="留给已开的团（件）"
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="returned_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="订单取消时间"),
        ),
        migrations.RunSQL(RETURN, TAKE_AGAIN),
        migrations.RunSQL(NEED, migrations.RunSQL.noop),
    ]
