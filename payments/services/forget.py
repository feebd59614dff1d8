"""How a payer came to WeChat's cashier: of no use once the attempt is decided."""

from datetime import datetime, timedelta

from django.db.models import Q

from payments.models import WAY_FORGOTTEN, Payment
from payments.states import PaymentState

# The privacy policy says a day: the task comes every hour, and may miss some.
KEPT = timedelta(hours=20)
BATCH = 1000


def payers_forget(*, now: datetime) -> int:
    """Blank the payers' addresses, and what opened the cashier, of attempts that were decided long
    enough ago; how many. A decided attempt is never prepared again, so nothing can come back."""
    until = now - KEPT
    decided = Q(state=PaymentState.SUCCEEDED, paid_at__lt=until)
    decided |= Q(state=PaymentState.CLOSED, closed_at__lt=until)
    old = Payment.objects.filter(decided, ~WAY_FORGOTTEN).order_by("pk")
    forgotten = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        forgotten += Payment.objects.filter(pk__in=ids).update(
            payer_ip="", prepay_id="", code_url="", h5_url=""
        )
    return forgotten
