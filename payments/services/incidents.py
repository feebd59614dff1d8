"""Signed messages that do not fit: kept for staff, never settled by themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from payments.models import MerchantAccount, Payment, PaymentIncident

REFERENCE_MAX = 64
# Who paid is nobody's business on a staff list.
PRIVATE = frozenset({"payer", "user_received_account"})


def incident_record(
    *,
    account: MerchantAccount,
    kind: str,
    reference: str,
    amount_fen: int,
    detail: Mapping[str, Any],
    now: datetime,
    payment: Payment | None = None,
) -> None:
    """Keep it; told again, the same incident only counts up. In a transaction of its own."""
    reference = reference[:REFERENCE_MAX]
    with transaction.atomic():
        same = PaymentIncident.objects.filter(account=account, kind=kind, reference=reference)
        if same.update(seen_count=F("seen_count") + 1):
            return
        PaymentIncident.objects.bulk_create(
            [
                PaymentIncident(
                    store_id=account.store_id,
                    account=account,
                    kind=kind,
                    payment=payment,
                    reference=reference,
                    amount_fen=amount_fen,
                    detail={k: v for k, v in detail.items() if k not in PRIVATE},
                    seen_at=now,
                )
            ],
            ignore_conflicts=True,
        )
