"""The lives of a coupon template and of a coupon. Expiry is no state: the clock alone decides it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Machine, Move


class TemplateState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    PUBLISHED = "published", _("发放中")
    ENDED = "ended", _("已停止发放")


TEMPLATE = Machine(
    "coupon_template",
    states=TemplateState,
    initial=TemplateState.DRAFT,
    moves=[
        Move(
            "publish",
            (TemplateState.DRAFT,),
            TemplateState.PUBLISHED,
            because="the merchant checked its terms, which never change from now on",
        ),
        Move(
            "end",
            (TemplateState.PUBLISHED,),
            TemplateState.ENDED,
            because="its time to be taken is over, or the merchant stopped it; what people have stays",
        ),
    ],
)


class CouponState(models.TextChoices):
    UNUSED = "unused", _("未使用")
    USED = "used", _("已使用")


COUPON = Machine(
    "coupon",
    states=CouponState,
    initial=CouponState.UNUSED,
    moves=[
        Move(
            "use",
            (CouponState.UNUSED,),
            CouponState.USED,
            because="an order was placed with it",
        ),
        Move(
            "return",
            (CouponState.USED,),
            CouponState.UNUSED,
            because="its order was closed, cancelled or refunded in full",
        ),
    ],
)
