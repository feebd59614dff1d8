"""A coupon's life, one file per act: templates, taking, giving by itself, spending."""

from campaigns.coupons.services.giving import (
    coupon_give_newcomer,
    coupon_give_repeat,
)
from campaigns.coupons.services.refusals import (
    BudgetGone,
    CannotGive,
    CouponGone,
    CouponRefused,
    LimitReached,
    NotNow,
    NotOffered,
    TakeRefused,
    TemplateRefused,
)
from campaigns.coupons.services.spending import (
    coupon_claim,
    coupon_return,
    coupon_return_if_refunded,
)
from campaigns.coupons.services.taking import (
    code_normalise,
    coupon_give,
    coupon_redeem,
    coupon_take,
)
from campaigns.coupons.services.templates import (
    template_editable,
    template_end,
    template_end_due,
    template_publish,
)

__all__ = [
    "BudgetGone",
    "CannotGive",
    "CouponGone",
    "CouponRefused",
    "LimitReached",
    "NotNow",
    "NotOffered",
    "TakeRefused",
    "TemplateRefused",
    "code_normalise",
    "coupon_claim",
    "coupon_give",
    "coupon_give_newcomer",
    "coupon_give_repeat",
    "coupon_redeem",
    "coupon_return",
    "coupon_return_if_refunded",
    "coupon_take",
    "template_editable",
    "template_end",
    "template_end_due",
    "template_publish",
]
