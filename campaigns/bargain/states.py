"""The lives of a campaign and of a bargain."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.bargain.events import (
    BargainBought,
    BargainExpired,
    BargainReached,
    BargainReturned,
)
from core.states import Machine, Move


class CampaignState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    PUBLISHED = "published", _("已发布")
    ENDED = "ended", _("已结束")


CAMPAIGN = Machine(
    "bargain_campaign",
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
            because="its end came or the merchant stopped it; running bargains keep their deadline",
        ),
    ],
)


class BargainState(models.TextChoices):
    RUNNING = "running", _("砍价中")
    REACHED = "reached", _("已到底价")
    ORDERED = "ordered", _("待付款")
    BOUGHT = "bought", _("已买到")
    EXPIRED = "expired", _("已过期")
    RETURNED = "returned", _("已退款")


# No order is placed: it may be bought, and its piece is kept for it.
WAITING = (BargainState.RUNNING, BargainState.REACHED)
LIVE = (*WAITING, BargainState.ORDERED)

BARGAIN = Machine(
    "bargain",
    states=BargainState,
    initial=BargainState.RUNNING,
    moves=[
        Move(
            "reach",
            (BargainState.RUNNING,),
            BargainState.REACHED,
            because="the last cut landed: the floor price is held",
            fact=BargainReached,
        ),
        Move(
            "order",
            (BargainState.RUNNING, BargainState.REACHED),
            BargainState.ORDERED,
            because="its launcher placed an order: the price stands still until that is decided",
        ),
        Move(
            "resume",
            (BargainState.ORDERED,),
            BargainState.RUNNING,
            because="the order was closed unpaid, and cuts are left",
        ),
        Move(
            "hold",
            (BargainState.ORDERED,),
            BargainState.REACHED,
            because="the order was closed unpaid at the floor price",
        ),
        Move(
            "buy",
            (BargainState.ORDERED,),
            BargainState.BOUGHT,
            because="the order is paid",
            fact=BargainBought,
        ),
        Move(
            "expire",
            (BargainState.RUNNING, BargainState.REACHED),
            BargainState.EXPIRED,
            because="not bought before its deadline",
            fact=BargainExpired,
        ),
        Move(
            "return",
            (BargainState.BOUGHT,),
            BargainState.RETURNED,
            because="the paid order was cancelled: every fen goes back",
            fact=BargainReturned,
        ),
    ],
)
