"""A person says what it was, once; it leaves the staff list.

Each service returns False when that was said before, which stands, and raises ValueError for an
explanation that says nothing.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from core.facts import facts_record
from payments.events import RefundExplained
from payments.models import BillDifference, PaymentIncident, Refund, TradeBill
from payments.states import RefundState


def incident_explain(*, incident_id: int, explanation: str, by_id: int, now: datetime) -> bool:
    """Of a signed message that does not fit."""
    return _explain(PaymentIncident, incident_id, explanation, by_id=by_id, now=now)


def difference_explain(*, difference_id: int, explanation: str, by_id: int, now: datetime) -> bool:
    """Of a difference between a bill and our books."""
    return _explain(BillDifference, difference_id, explanation, by_id=by_id, now=now)


def bill_explain(*, bill_id: int, explanation: str, by_id: int, now: datetime) -> bool:
    """Of a bill that did not come: it is not asked for any more."""
    return _explain(TradeBill, bill_id, explanation, by_id=by_id, now=now)


def refund_explain(*, refund_id: int, explanation: str, by_id: int, now: datetime) -> bool:
    """Of a stuck refund whose money went back by another way: WeChat Pay is not asked to make it any
    more. The amount stays asked for, and nothing enters the ledger."""
    stuck = Refund.objects.filter(pk=refund_id, state=RefundState.STUCK)
    with transaction.atomic():
        if not _say(stuck, explanation, by_id=by_id, now=now):
            return False
        facts_record(RefundExplained.of(Refund.objects.get(pk=refund_id)), now=now)
        return True


def _explain(
    model: type[PaymentIncident | BillDifference | TradeBill],
    pk: int,
    explanation: str,
    *,
    by_id: int,
    now: datetime,
) -> bool:
    return _say(model._default_manager.filter(pk=pk), explanation, by_id=by_id, now=now)


def _say(rows: QuerySet[Any], explanation: str, *, by_id: int, now: datetime) -> bool:
    text = explanation.strip()
    if not text:
        raise ValueError("an explanation says something")
    open_one = rows.filter(explained_at=None)
    return bool(open_one.update(explained_at=now, explanation=text, explained_by=by_id))
