"""An order that risk wants a person to look at: released, refused, or released when time is up.

Its hold is its own: releasing it frees nothing of a group's, and a group's success frees nothing of
it. Waiting is bounded, so stock is never kept for ever; then the order goes on, because a shopper
who paid and was not judged has done nothing.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.facts import facts_record
from orders.events import ReviewDecided
from orders.locks import order_lock
from orders.models import OrderHold, RiskReview
from orders.services.cancel import CancelRefused, order_cancel
from orders.services.hold import hold_release
from orders.states import OrderState

RISK = OrderHold.Kind.RISK
Outcome = RiskReview.Outcome


def review_release(
    *, review_id: int, by_id: int | None, note: str = "", now: datetime, timed_out: bool = False
) -> bool:
    """The order may go on as far as risk is concerned; False when it was decided before."""
    with transaction.atomic():
        review = RiskReview.objects.get(pk=review_id)
        order_lock(review.order_id)
        outcome = Outcome.TIMED_OUT if timed_out else Outcome.RELEASED
        if not _decide(review, outcome, by_id=by_id, note=note, now=now):
            return False
        hold_release(order_ids=[review.order_id], kind=RISK, now=now)
    return True


def review_refuse(*, review_id: int, by_id: int, note: str, now: datetime) -> bool:
    """Cancel the order and give the money back; False when it was decided before.

    Raises CancelRefused for an order that is not paid yet (it may still be left alone), and for one
    whose group is still open: the group comes first.
    """
    with transaction.atomic():
        review = RiskReview.objects.select_related("order").get(pk=review_id)
        order = order_lock(review.order_id)
        if order.state == OrderState.AWAITING_PAYMENT:
            raise CancelRefused(_("买家还没有付款，不用处理；付款后再来审核。"))
        if OrderHold.objects.filter(order=order, closed_at=None).exclude(kind=RISK).exists():
            raise CancelRefused(_("这是拼团订单，请等拼团有了结果再拒绝；现在可以先放行。"))
        if not _decide(review, Outcome.REFUSED, by_id=by_id, note=note, now=now):
            return False
        order_cancel(
            order_id=order.pk,
            reason=_("订单没有通过审核，款项全额退回"),
            hold_kind=RISK,
            now=now,
        )
    return True


def _decide(
    review: RiskReview, outcome: str, *, by_id: int | None, note: str, now: datetime
) -> bool:
    decided = RiskReview.objects.filter(pk=review.pk, outcome="").update(
        outcome=outcome, by_id=by_id, note=note[:120], decided_at=now, due_at=None
    )
    if decided:
        facts_record(ReviewDecided.of(review), now=now)
    return bool(decided)
