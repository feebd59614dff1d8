"""Every lock of coupons. A coupon comes after the payment and before campaign quotas:

    order → payment → coupon → campaign quota → SKUs

Taking a coupon is a transaction of its own: form key → holder → template, the hottest row last.
"""

from datetime import datetime

from django.db import connection

from campaigns.coupons.models import Coupon, CouponTemplate
from campaigns.coupons.states import COUPON, CouponState, TemplateState

_HOLDER_TAKE = """
    INSERT INTO coupons_couponholder AS holder (store_id, template_id, user_id, taken, "limit")
    VALUES (%s, %s, %s, 1, %s)
    ON CONFLICT (template_id, user_id) DO UPDATE SET taken = holder.taken + 1
    WHERE holder.taken < holder."limit"
"""
_BUDGET_TAKE = """
    UPDATE coupons_coupontemplate SET taken = taken + 1
    WHERE id = %s AND state = %s AND taken < total AND take_from <= %s AND take_until > %s
"""


def template_lock(template_id: int) -> CouponTemplate:
    """The template, for editing, publishing and ending it. Raises CouponTemplate.DoesNotExist."""
    return CouponTemplate.objects.select_for_update(no_key=True).get(pk=template_id)


def holder_take(*, template: CouponTemplate, user_id: int) -> bool:
    """Count one more for the person; False at the limit. Two at once wait for each other here."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLDER_TAKE, [template.store_id, template.pk, user_id, template.limit_per_person]
        )
        return cursor.rowcount == 1


def budget_take(*, template_id: int, now: datetime) -> bool:
    """Take one from the budget, if there is one left and now is the time."""
    with connection.cursor() as cursor:
        cursor.execute(_BUDGET_TAKE, [template_id, TemplateState.PUBLISHED, now, now])
        return cursor.rowcount == 1


def coupon_use(
    *, ref: str, user_id: int, store_id: int, order_id: int, discount_fen: int, now: datetime
) -> bool:
    """Spend the person's own unused, valid coupon on the order; False when there is none.

    One conditional UPDATE: of two orders that want the coupon the second finds it used.
    """
    usable = Coupon.objects.filter(
        public_id=ref,
        user_id=user_id,
        store_id=store_id,
        usable_from__lte=now,
        expires_at__gt=now,
    )
    changes = {"order": order_id, "used_at": now, "discount_fen": discount_fen}
    return bool(COUPON.move_set(usable, "use", now=now, changes=changes))


def coupon_of_order_lock(order_id: int) -> Coupon | None:
    """The coupon that the order spent, if it has not got it back; locked, and read when locked.

    Somebody who waited here for a return and a new use sees another order on the row: None.
    """
    rows = Coupon.objects.select_for_update(no_key=True)
    return rows.filter(order_id=order_id, state=CouponState.USED).first()
