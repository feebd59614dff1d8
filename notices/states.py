"""The life of a delivery, by one way to one person, and of a consent to one message."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Machine, Move


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("等待发送")
    SENDING = "sending", _("发送中")
    SENT = "sent", _("已发送")
    SKIPPED = "skipped", _("未发送")
    FAILED = "failed", _("发送失败")
    UNCLEAR = "unclear", _("不确定是否送达")


# Nothing more will be done about these.
OVER = (
    DeliveryState.SENT,
    DeliveryState.SKIPPED,
    DeliveryState.FAILED,
    DeliveryState.UNCLEAR,
)

DELIVERY = Machine(
    "notice_delivery",
    states=DeliveryState,
    initial=DeliveryState.WAITING,
    moves=[
        Move(
            "begin",
            (DeliveryState.WAITING,),
            DeliveryState.SENDING,
            because="one worker claimed it, and with it the consent that it spends",
        ),
        Move(
            "again",
            (DeliveryState.SENDING,),
            DeliveryState.WAITING,
            because="a passing refusal, silence, or a worker that died: later, under the same number",
        ),
        Move(
            "sent",
            (DeliveryState.SENDING,),
            DeliveryState.SENT,
            because="the other side took it",
        ),
        Move(
            "skip",
            (DeliveryState.WAITING,),
            DeliveryState.SKIPPED,
            because="this way is closed: switched off, no consent, no address, or the news is old",
        ),
        Move(
            "fail",
            (DeliveryState.SENDING,),
            DeliveryState.FAILED,
            because="it was refused for good, and certainly not received",
        ),
        Move(
            "give_up",
            (DeliveryState.SENDING, DeliveryState.WAITING),
            DeliveryState.UNCLEAR,
            because="it may have been received: saying it again could say it twice",
        ),
    ],
)


class ConsentState(models.TextChoices):
    ASKED = "asked", _("询问中")
    UNUSED = "unused", _("可用一次")
    USED = "used", _("已使用")
    DECLINED = "declined", _("没有同意")
    VOID = "void", _("已失效")


CONSENT = Machine(
    "notice_consent",
    states=ConsentState,
    initial=ConsentState.ASKED,
    moves=[
        Move(
            "give",
            (ConsentState.ASKED,),
            ConsentState.UNUSED,
            because="the person came back from WeChat with a yes",
        ),
        Move(
            "decline",
            (ConsentState.ASKED,),
            ConsentState.DECLINED,
            because="the person came back with a no, or as somebody else",
        ),
        Move(
            "use",
            (ConsentState.UNUSED,),
            ConsentState.USED,
            because="one delivery claimed it: one consent, one message",
        ),
        Move(
            "give_back",
            (ConsentState.USED,),
            ConsentState.UNUSED,
            because="the message was refused for another reason and certainly not received",
        ),
        Move(
            "void",
            (ConsentState.USED,),
            ConsentState.VOID,
            because="WeChat says that there is no such leave any more",
        ),
    ],
)
