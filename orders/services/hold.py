"""Holds: why a paid order may not ship yet, and what to say of it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from core.prepared import Prepared, run_together
from orders.locks import orders_lock
from orders.models import Order, OrderHold
from orders.states import ORDER

_CLOSE = Prepared(
    "orders_holds_close",
    "UPDATE orders_orderhold SET closed_at = %(now)s WHERE order_id = %(order)s AND closed_at IS NULL",
)
_END = Prepared(
    "orders_review_end",
    """
    UPDATE orders_riskreview SET outcome = 'ended', decided_at = %(now)s, due_at = NULL
    WHERE order_id = %(order)s AND outcome = ''
    """,
)


def hold_release(*, order_ids: Sequence[int], kind: str, now: datetime) -> list[int]:
    """Close this kind's hold on all these orders at once; the ids of those that may ship now.

    An order with another hold still open stays held. Called by the owner of the hold, inside its
    transaction and after its own lock.
    """
    with transaction.atomic():
        orders_lock(order_ids)
        OrderHold.objects.filter(order_id__in=order_ids, kind=kind, closed_at=None).update(
            closed_at=now
        )
        still_held = OrderHold.objects.filter(order=OuterRef("pk"), closed_at=None)
        return ORDER.move_set(
            Order.objects.filter(~Exists(still_held), pk__in=order_ids),
            "release",
            now=now,
            changes={"released_at": now},
        )


def holds_close(order: Order, *, now: datetime) -> None:
    """Needs the lock of an order that ends without being sent: nothing waits for it any more."""
    values = {"order": order.pk, "now": now}
    with connection.cursor() as cursor:
        run_together(cursor, [(_CLOSE, values), (_END, values)])


def hold_kind(order: Order) -> str:
    """What the order waits for first, one of OrderHold.Kind: a group comes before a judgement. "" for
    one that waits for nothing."""
    kinds = OrderHold.objects.filter(order=order, closed_at=None).values_list("kind", flat=True)
    return kinds.order_by("kind").first() or ""


def hold_words(kind: str) -> str:
    """Why an order with such a hold is not the one's to ship or cancel who asks, and where to go."""
    if kind == OrderHold.Kind.RISK:
        return _("这个订单正在等待审核：请在“订单审核”页面放行或拒绝。")
    return _("这是拼团订单，尚未成团：成团后才能发货；要取消请在“拼团”页面取消整个团。")
