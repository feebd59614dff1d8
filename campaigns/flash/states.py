"""The lives of a campaign and of what an order holds of its quota."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Machine, Move


class CampaignState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    PUBLISHED = "published", _("已发布")
    ENDED = "ended", _("已结束")
    CANCELLED = "cancelled", _("已取消")


CAMPAIGN = Machine(
    "flash_campaign",
    states=CampaignState,
    initial=CampaignState.DRAFT,
    moves=[
        Move(
            "publish",
            (CampaignState.DRAFT,),
            CampaignState.PUBLISHED,
            because="the merchant publishes it; its money fields never change again",
        ),
        Move(
            "end",
            (CampaignState.PUBLISHED,),
            CampaignState.ENDED,
            because="its slot is over; orders that were placed keep their own clocks",
        ),
        Move(
            "cancel",
            (CampaignState.PUBLISHED,),
            CampaignState.CANCELLED,
            because="the merchant called it off; orders that were placed stand at their price",
        ),
    ],
)


class PurchaseState(models.TextChoices):
    HELD = "held", _("占用名额")
    RETURNED = "returned", _("已退回")


PURCHASE = Machine(
    "flash_purchase",
    states=PurchaseState,
    initial=PurchaseState.HELD,
    moves=[
        Move(
            "return",
            (PurchaseState.HELD,),
            PurchaseState.RETURNED,
            because="its order was closed unpaid or cancelled: the quota and the person's limit are"
            " free again",
        ),
    ],
)
