"""What the database itself refuses: changing the ledger, or what an attempt costs."""

from django.db import migrations

LEDGER = """
CREATE FUNCTION payments_ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER payments_ledger_append_only
    BEFORE UPDATE OR DELETE ON payments_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION payments_ledger_refuse();
"""

LEDGER_BACK = """
DROP TRIGGER payments_ledger_append_only ON payments_ledgerentry;
DROP FUNCTION payments_ledger_refuse();
"""

PAYMENT = """
CREATE FUNCTION payments_payment_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'number, amount and account of a payment never change'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER payments_payment_money_stays
    BEFORE UPDATE OF amount_fen, out_trade_no, account_id, store_id, order_ref ON payments_payment
    FOR EACH ROW
    WHEN ((OLD.amount_fen, OLD.out_trade_no, OLD.account_id, OLD.store_id, OLD.order_ref)
          IS DISTINCT FROM
          (NEW.amount_fen, NEW.out_trade_no, NEW.account_id, NEW.store_id, NEW.order_ref))
    EXECUTE FUNCTION payments_payment_refuse();
"""

PAYMENT_BACK = """
DROP TRIGGER payments_payment_money_stays ON payments_payment;
DROP FUNCTION payments_payment_refuse();
"""

REFUND = """
CREATE TRIGGER payments_refund_money_stays
    BEFORE UPDATE OF amount_fen, out_refund_no, payment_id ON payments_refund
    FOR EACH ROW
    WHEN ((OLD.amount_fen, OLD.out_refund_no, OLD.payment_id)
          IS DISTINCT FROM (NEW.amount_fen, NEW.out_refund_no, NEW.payment_id))
    EXECUTE FUNCTION payments_payment_refuse();
"""

REFUND_BACK = "DROP TRIGGER payments_refund_money_stays ON payments_refund;"


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.RunSQL(LEDGER, LEDGER_BACK),
        migrations.RunSQL(PAYMENT, PAYMENT_BACK),
        migrations.RunSQL(REFUND, REFUND_BACK),
    ]
