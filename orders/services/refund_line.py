"""Money back for goods that were sent, as store and buyer agreed; what is agreed on is up to them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.facts import facts_record
from core.money import yuan
from orders.amounts import line_paid_fen
from orders.events import OrderLineRefunded
from orders.locks import order_lock
from orders.models import OrderChange, OrderLine
from orders.states import OrderState
from payments.queries import refund_asked_fen
from payments.services import NothingToRefund, RefundReason, refund_refusal, refund_request

SENT = (OrderState.TO_SHIP, OrderState.SHIPPED, OrderState.COMPLETED)


class RefundRefused(Exception):
    """Money that cannot go back like this; the message says why, for the person who tried."""


def order_line_refund(
    *,
    order_id: int,
    line_id: int,
    amount_fen: int,
    seen_fen: int,
    reason: str,
    by_id: int | None,
    now: datetime,
) -> bool:
    """Give back so much of what a line cost that was sent in full, in fen; False when it was done
    before. The goods stay with the buyer, and the order goes on. `reason` is shown to the buyer.

    `seen_fen` is what had come back of the line before, as the page said: the same form again gives
    nothing back. Raises RefundRefused: not sent in full, more than is left of the line, something else came
    back meanwhile, or WeChat Pay would not take it any more.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        line = order.lines.filter(pk=line_id, cancelled_at=None).first()
        if line is None or order.state not in SENT or order.payment_id is None:
            raise RefundRefused(_("只有发出去的商品才能这样退款，请刷新页面后再试。"))
        # Of a line that was sent in full what came back only grows, so that this names one refund.
        part, why = f"line_{line.pk}_{seen_fen}", RefundReason.AGREED
        asked_fen = refund_asked_fen(payment_id=order.payment_id, reason=why, part=part)
        if asked_fen == amount_fen:
            return False
        if (refusal := _refusal(line, amount_fen=amount_fen, seen_fen=seen_fen)) is not None:
            raise RefundRefused(refusal)
        if closed := refund_refusal(payment_id=order.payment_id, now=now):
            raise RefundRefused(closed)
        try:
            refund_request(
                payment_id=order.payment_id,
                reason=why,
                part=part,
                amount_fen=amount_fen,
                now=now,
            )
        except NothingToRefund as nothing:
            raise RefundRefused(
                _("这个订单剩下的款项不够退这么多，请先核对它的退款。")
            ) from nothing
        OrderLine.objects.filter(pk=line.pk).update(rebate_fen=line.rebate_fen + amount_fen)
        OrderChange.objects.create(
            store_id=order.store_id,
            order=order,
            kind=OrderChange.Kind.LINE_REFUNDED,
            detail=_("%(line)s，退回 %(amount)s 元：%(reason)s")
            % {"line": line, "amount": yuan(amount_fen), "reason": reason[:120]},
            by_id=by_id,
            at=now,
        )
        facts_record(OrderLineRefunded.of(order), now=now)
        return True


def line_refundable_fen(line: OrderLine) -> int:
    """How much of a line may go back while its goods stay, in fen: what it cost, once all of it that
    is not cancelled was sent."""
    return 0 if line.cancelled_at is not None or line.left else max(line_paid_fen(line), 0)


def _refusal(line: OrderLine, *, amount_fen: int, seen_fen: int) -> str | None:
    if line.left:
        return _("这件商品还没有全部交给买家：没交付的请用“取消部分商品”，或交付以后再退款。")
    if seen_fen != line.rebate_fen:
        told = {"amount": yuan(line.rebate_fen)}
        return _("这件商品现在已经退过 %(amount)s 元，请核对后再退。") % told
    most_fen = line_refundable_fen(line)
    if not 1 <= amount_fen <= most_fen:
        return _("这件商品最多还能退 %(most)s 元，请改小金额。") % {"most": yuan(most_fen)}
    return None
