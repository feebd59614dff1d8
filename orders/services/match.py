"""A day's bill is compared with orders, too: the last of the four books."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from orders.models import Order
from orders.states import OrderState
from payments.queries import bill_orders
from payments.services import bill_differ

KEEPING = (OrderState.ON_HOLD, OrderState.TO_SHIP, OrderState.SHIPPED, OrderState.COMPLETED)
AT_ONCE = 1000


def orders_match(*, bill_id: int, now: datetime) -> int:
    """Each order that a bill is about keeps exactly what its payments and refunds leave; every other
    one becomes a difference for staff. How many are new."""
    left = bill_orders(bill_id)
    keeps = _kept_fen(left)
    differ = {
        ref: (keeps.get(ref, 0), left_fen)
        for ref, left_fen in left.items()
        if keeps.get(ref, 0) != left_fen
    }
    return bill_differ(bill_id=bill_id, orders=differ, now=now) if differ else 0


def _kept_fen(order_refs: Iterable[str]) -> dict[str, int]:
    """What an order should keep, in fen: all it cost while it lives, less what was given up of it."""
    given_up = F("lines__amount_fen") - F("lines__discount_fen") + F("lines__adjust_fen")
    kept: dict[str, int] = {}
    all_refs = list(order_refs)
    for first in range(0, len(all_refs), AT_ONCE):
        refs = all_refs[first : first + AT_ONCE]
        rows = Order.objects.filter(public_id__in=refs, state__in=KEEPING).annotate(
            whole_fen=Coalesce(Sum(given_up, filter=Q(lines__cancelled_at__isnull=False)), 0),
            parts_fen=Coalesce(Sum("lines__rebate_fen", filter=Q(lines__cancelled_at=None)), 0),
        )
        kept |= {
            ref: payable - whole - parts
            for ref, payable, whole, parts in rows.values_list(
                "public_id", "payable_fen", "whole_fen", "parts_fen"
            )
        }
    return kept
