"""What an issued invoice says: of those that are out already, what was kept when they were issued."""

from django.conf import settings
from django.db import migrations, models

AMOUNTS = """
UPDATE orders_invoice SET issued_fen = GREATEST(0,
    COALESCE((SELECT sum(amount_fen) FROM payments_ledgerentry paid
        WHERE paid.order_ref = ordered.public_id AND paid.kind = 'payment'
            AND paid.entered_at <= orders_invoice.issued_at), 0)
    - COALESCE((SELECT sum(amount_fen) FROM payments_refund back
        WHERE back.order_ref = ordered.public_id
            AND back.requested_at <= orders_invoice.issued_at), 0))
FROM orders_order ordered
WHERE ordered.id = orders_invoice.order_id AND orders_invoice.state = 'issued';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("payments", "0001_initial"),
        ("stores", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="issued_fen",
            field=models.PositiveBigIntegerField(
                blank=True, null=True, verbose_name="开票金额（分）"
            ),
        ),
        migrations.RunSQL(AMOUNTS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "issued"), _negated=True),
                    ("issued_fen__isnull", False),
                    _connector="OR",
                ),
                name="orders_invoice_has_amount",
            ),
        ),
    ]
