"""A coupon is spent by an order, and given back when that comes to nothing."""

from datetime import datetime

from django.db import transaction

from campaigns.coupons.locks import coupon_of_order_lock, coupon_use
from campaigns.coupons.services.refusals import CouponGone
from campaigns.coupons.states import COUPON
from orders.queries import order_brief_by_ref
from payments.queries import order_money


def coupon_claim(
    *, ref: str, user_id: int, store_id: int, order_id: int, discount_fen: int, now: datetime
) -> None:
    """Spend it on an order that is being placed, inside that transaction. Raises CouponGone."""
    if not coupon_use(
        ref=ref,
        user_id=user_id,
        store_id=store_id,
        order_id=order_id,
        discount_fen=discount_fen,
        now=now,
    ):
        raise CouponGone


def coupon_return(*, order_id: int, now: datetime) -> bool:
    """Give back what an order that came to nothing had spent; False when there is nothing (more).

    Its validity does not grow: one that expired meanwhile stays expired.
    """
    with transaction.atomic():
        coupon = coupon_of_order_lock(order_id)
        if coupon is None:
            return False
        changes = {"order_id": None, "used_at": None, "discount_fen": 0}
        return COUPON.move_row(coupon, "return", now=now, changes=changes)


def coupon_return_if_refunded(*, order_ref: str, now: datetime) -> bool:
    """Give the coupon back when all of the order's money is; False when some is kept."""
    money = order_money(order_ref)
    order = order_brief_by_ref(order_ref)
    if order is None or order.is_awaiting or money.paid_fen == 0 or money.kept_fen > 0:
        return False
    return coupon_return(order_id=order.id, now=now)
