"""The lives of a campaign, a group and a seat."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.groupbuy.events import (
    GroupAbandoned,
    GroupFailed,
    GroupOpened,
    GroupSucceeded,
    MemberJoined,
    MemberRefunded,
    MemberRefunding,
    MemberReleased,
)
from core.states import Machine, Move


class CampaignState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    PUBLISHED = "published", _("已发布")
    ENDED = "ended", _("已结束")


CAMPAIGN = Machine(
    "groupbuy_campaign",
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
            because="its end came or the merchant stopped it; open groups run to their own deadline",
        ),
    ],
)


class GroupState(models.TextChoices):
    FORMING = "forming", _("待团长付款")
    OPEN = "open", _("拼团中")
    SUCCEEDED = "succeeded", _("已成团")
    FAILED = "failed", _("未成团")
    ABANDONED = "abandoned", _("未开团")


UNDECIDED = (GroupState.FORMING, GroupState.OPEN)

GROUP = Machine(
    "group",
    states=GroupState,
    initial=GroupState.FORMING,
    moves=[
        Move(
            "open",
            (GroupState.FORMING,),
            GroupState.OPEN,
            because="the leader's payment arrived: the clock starts",
            fact=GroupOpened,
        ),
        Move(
            "succeed",
            (GroupState.OPEN,),
            GroupState.SUCCEEDED,
            because="every seat is paid, or enough of them at the deadline",
            fact=GroupSucceeded,
        ),
        Move(
            "fail",
            (GroupState.OPEN,),
            GroupState.FAILED,
            because="too few had paid at the deadline, or the merchant cancelled",
            fact=GroupFailed,
        ),
        Move(
            "abandon",
            (GroupState.FORMING,),
            GroupState.ABANDONED,
            because="the leader's order was closed unpaid",
            fact=GroupAbandoned,
        ),
    ],
)


class MemberState(models.TextChoices):
    RESERVED = "reserved", _("待付款")
    JOINED = "joined", _("已参团")
    CONFIRMED = "confirmed", _("已成团")
    RELEASED = "released", _("未付款离开")
    REFUNDING = "refunding", _("退款中")
    REFUNDED = "refunded", _("已退款")


LIVE_MEMBER = (MemberState.RESERVED, MemberState.JOINED, MemberState.CONFIRMED)

MEMBER = Machine(
    "member",
    states=MemberState,
    initial=MemberState.RESERVED,
    moves=[
        Move(
            "join",
            (MemberState.RESERVED,),
            MemberState.JOINED,
            because="the seat's order is paid",
            fact=MemberJoined,
        ),
        Move(
            "confirm",
            (MemberState.JOINED,),
            MemberState.CONFIRMED,
            because="the group succeeded",
        ),
        Move(
            "release",
            (MemberState.RESERVED,),
            MemberState.RELEASED,
            because="the seat's order was closed unpaid",
            fact=MemberReleased,
        ),
        Move(
            "refund",
            (MemberState.JOINED, MemberState.RESERVED, MemberState.RELEASED),
            MemberState.REFUNDING,
            because="the group failed, or the money came when the seat was gone",
            fact=MemberRefunding,
        ),
        Move(
            "refunded",
            (MemberState.REFUNDING,),
            MemberState.REFUNDED,
            because="the money is back",
            fact=MemberRefunded,
        ),
    ],
)
