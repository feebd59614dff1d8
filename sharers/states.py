"""The life of a sharer, and of what one order line earns them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Machine, Move
from sharers.events import SharerApproved, SharerDeclined


class SharerState(models.TextChoices):
    APPLIED = "applied", _("待审核")
    ACTIVE = "active", _("分享中")
    STOPPED = "stopped", _("已停止")
    DECLINED = "declined", _("未通过")


SHARER = Machine(
    "sharer",
    states=SharerState,
    initial=SharerState.APPLIED,
    moves=[
        Move(
            "approve",
            (SharerState.APPLIED, SharerState.STOPPED, SharerState.DECLINED),
            SharerState.ACTIVE,
            because="the merchant accepts them, or the store's plan takes everybody",
            fact=SharerApproved,
        ),
        Move(
            "decline",
            (SharerState.APPLIED,),
            SharerState.DECLINED,
            because="the merchant does not accept them",
            fact=SharerDeclined,
        ),
        Move(
            "stop",
            (SharerState.APPLIED, SharerState.ACTIVE),
            SharerState.STOPPED,
            because="the merchant or the sharer ends it; what was earned stays earned",
        ),
    ],
)


class RewardState(models.TextChoices):
    FROZEN = "frozen", _("冻结中")
    RELEASED = "released", _("可结算")


REWARD = Machine(
    "reward",
    states=RewardState,
    initial=RewardState.FROZEN,
    moves=[
        Move(
            "release",
            (RewardState.FROZEN,),
            RewardState.RELEASED,
            because="the order was received, and the time to return it is over",
        ),
    ],
)
