"""Closing an unpaid order: the trade is closed at WeChat first, because the money may be under way.

Asking for it (`order_close_request`, `order_expire`) and doing it (when `payment.closed` arrives)
are apart: between them payments talk to WeChat on the queue, and nothing is locked meanwhile.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from orders.locks import order_lock, order_lock_by_ref
from orders.models import Order
from orders.services.pay import order_payment_take
from orders.services.shut import order_shut, order_stock_free
from orders.states import OrderState
from payments.queries import payment_live, payment_succeeded, payments_of
from payments.services import payment_begin_close

LOOK_AGAIN = timedelta(seconds=30)
# An order whose payment stays unknown keeps stock from others no longer than this.
SILENCE_LIMIT = timedelta(minutes=30)


def order_close_request(*, order_id: int, now: datetime, by_buyer: bool = False) -> bool:
    """Stop an unpaid order from being paid; it closes as soon as no payment can arrive any more.

    An attempt that WeChat never heard of closes at once, and the order with it; otherwise WeChat
    is asked first, within seconds. `by_buyer`: the buyer does not want it any more, so money that is
    found meanwhile goes back; without it the order is kept and paid. True when the order is closing
    or closed now, False when it was paid before: the caller shows it as it is.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        if order.state == OrderState.CLOSED:
            return True
        if order.state != OrderState.AWAITING_PAYMENT:
            return False
        if by_buyer and order.given_up_at is None:
            order.given_up_at = now
            order.save(update_fields=["given_up_at"])
        _stop_paying(order, now=now, reason=_("你取消了付款") if by_buyer else "")
        _close_if_unpayable(order, now=now)
        return True


def order_close_if_unpayable(*, order_ref: str, now: datetime) -> bool:
    """A payment closed: close the order if that was asked for and no other payment can arrive."""
    with transaction.atomic():
        order = order_lock_by_ref(order_ref)
        if (
            order is None
            or order.state != OrderState.AWAITING_PAYMENT
            or order.close_requested_at is None
        ):
            return False
        _stop_paying(order, now=now)
        return _close_if_unpayable(order, now=now)


def order_expire(*, order_id: int, now: datetime) -> datetime | None:
    """An awaiting order's time is up, or closing was asked for; when to look again, None if never.

    Money that arrived while its fact is still on its way is decided about now: the payment itself is
    looked at. While WeChat says nothing about the payment the order waits, up to SILENCE_LIMIT; then it
    closes, the payment goes on being asked for, and money that still comes goes back.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        if order.state != OrderState.AWAITING_PAYMENT:
            return order.due_at if order.state == OrderState.SHIPPED else None
        if (paid := _paid(order)) is not None:
            order_payment_take(order_ref=order.public_id, payment_id=paid, now=now)
            return None
        if order.close_requested_at is None and now < order.pay_before:
            return order.pay_before
        _stop_paying(order, now=now)
        if _close_if_unpayable(order, now=now):
            return None
        if now >= (order.close_requested_at or now) + SILENCE_LIMIT:
            _close(order, now=now)
            return None
        return now + LOOK_AGAIN


def _stop_paying(order: Order, *, now: datetime, reason: str = "") -> None:
    """Needs the order's lock. Whatever attempt is live starts closing."""
    if order.close_requested_at is None:
        order.close_requested_at, order.due_at = now, now + LOOK_AGAIN
        order.cancel_reason = reason or _("没有在时限内付款")
        order.save(update_fields=["close_requested_at", "due_at", "cancel_reason"])
    live = payment_live(order.public_id)
    # A closing attempt is being asked for already, less and less often: let it keep its rhythm.
    if live is not None and (live.closing_at is None or live.switch_to):
        payment_begin_close(order_ref=order.public_id, now=now)


def _close_if_unpayable(order: Order, *, now: datetime) -> bool:
    if payment_live(order.public_id) or _paid(order):
        return False
    _close(order, now=now)
    return True


def _paid(order: Order) -> int | None:
    """The id of the payment that is the order's. Money of a price that the merchant changed goes back."""
    paid = payment_succeeded(order.public_id)
    if paid is None or paid.amount_fen == order.payable_fen:
        return paid.pk if paid else None
    return next(
        (
            one.pk
            for one in payments_of(order.public_id)
            if one.paid_at is not None and one.amount_fen == order.payable_fen
        ),
        None,
    )


def _close(order: Order, *, now: datetime) -> None:
    """Needs the order's lock. Stock comes last."""
    order_shut(order, now=now)
    order_stock_free(order, now=now)
