"""Why a template is not published, and why there is no coupon, in words for whoever wanted it."""

from django.utils.translation import gettext as _

from orders.services import OrderRefused


class TemplateRefused(Exception):
    """The template cannot be published; the message says what to change, for the merchant."""


class TakeRefused(Exception):
    """No coupon; the message says why, for whoever wanted it. Nothing is written."""


class NotOffered(TakeRefused):
    """There is no such coupon to take here, or no such code."""

    def __init__(self) -> None:
        super().__init__(_("没有这张优惠券，或者不能这样领取。"))


class LimitReached(TakeRefused):
    """The person has as many as one may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(_("每人限领 %(limit)d 张，你已经领过了。") % {"limit": limit})


class BudgetGone(TakeRefused):
    """Every coupon is taken."""

    def __init__(self) -> None:
        super().__init__(_("这张券已经领完了，看看其他优惠吧。"))


class CannotGive(TakeRefused):
    """The merchant cannot give it to this person; the message says why, for the merchant."""


class NotNow(TakeRefused):
    """Not yet, or not any more."""


class CouponRefused(OrderRefused):
    """The chosen coupon cannot be spent on this order; the message says why, for the shopper."""


class CouponGone(CouponRefused):
    """It was usable a moment ago: used by another order, or expired."""

    def __init__(self) -> None:
        super().__init__(
            _("你选的优惠券刚刚已被使用或过期，本单还没有提交。请看新的金额，确认后再提交。")
        )
