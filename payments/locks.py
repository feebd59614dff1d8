"""Every lock of payments. In the sequence they come after the order and before quota and SKUs.

FOR NO KEY UPDATE: rows that refer to a payment do not wait. Nothing is locked while the provider
is asked.
"""

from core.rows import row_lock
from payments.models import Payment, Refund, TradeBill
from payments.states import LIVE_PAYMENT


def payment_locked(payment_id: int) -> Payment:
    """The payment, locked. Raises Payment.DoesNotExist."""
    return row_lock(Payment, payment_id)


def live_payment_locked(order_ref: str) -> Payment | None:
    """The order's one live attempt, locked; None when it has none."""
    rows = Payment.objects.select_for_update(no_key=True).filter(
        order_ref=order_ref, state__in=LIVE_PAYMENT
    )
    return rows.first()


def refund_payment_locked(refund_id: int) -> Refund:
    """The refund with its payment: the payment is locked, then the refund read.

    Raises Refund.DoesNotExist.
    """
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
    payment = payment_locked(payment_id)
    refund = row_lock(Refund, refund_id)
    refund.payment = payment
    return refund


def bill_locked(bill_id: int) -> TradeBill:
    """A day's bill, locked: whoever keeps its lines is alone with it. Raises TradeBill.DoesNotExist."""
    return TradeBill.objects.select_for_update(no_key=True).get(pk=bill_id)
