"""The lives of a payment attempt and of a refund."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Machine, Move
from payments.events import PaymentClosed, PaymentSucceeded, RefundStuck, RefundSucceeded


class PaymentState(models.TextChoices):
    OPEN = "open", _("待支付")
    PREPARED = "prepared", _("已下单")
    CLOSING = "closing", _("关闭中")
    CLOSED = "closed", _("已关闭")
    SUCCEEDED = "succeeded", _("已支付")


LIVE_PAYMENT = (PaymentState.OPEN, PaymentState.PREPARED, PaymentState.CLOSING)

PAYMENT = Machine(
    "payment",
    states=PaymentState,
    initial=PaymentState.OPEN,
    moves=[
        Move(
            "prepare",
            (PaymentState.OPEN, PaymentState.PREPARED),
            PaymentState.PREPARED,
            because="the provider accepted the attempt; asking again renews its prepay id",
        ),
        Move(
            "begin_close",
            (PaymentState.OPEN, PaymentState.PREPARED),
            PaymentState.CLOSING,
            because="the window passed, the channel is switched, or the order is being closed",
        ),
        Move(
            "close",
            (PaymentState.CLOSING,),
            PaymentState.CLOSED,
            because="the provider confirmed that it takes no money for this attempt any more",
            fact=PaymentClosed,
        ),
        Move(
            "settle",
            (
                PaymentState.OPEN,
                PaymentState.PREPARED,
                PaymentState.CLOSING,
                PaymentState.CLOSED,
            ),
            PaymentState.SUCCEEDED,
            because="the provider has the money: it is the authority, whatever we believed",
            fact=PaymentSucceeded,
        ),
    ],
)


class RefundState(models.TextChoices):
    REQUESTED = "requested", _("待提交")
    SUBMITTED = "submitted", _("处理中")
    SUCCEEDED = "succeeded", _("已退款")
    STUCK = "stuck", _("需人工处理")


REFUND = Machine(
    "refund",
    states=RefundState,
    initial=RefundState.REQUESTED,
    moves=[
        Move(
            "submit",
            (RefundState.REQUESTED, RefundState.STUCK),
            RefundState.SUBMITTED,
            because="the provider accepted it; acceptance is not success",
        ),
        Move(
            "succeed",
            (RefundState.REQUESTED, RefundState.SUBMITTED, RefundState.STUCK),
            RefundState.SUCCEEDED,
            because="the provider says the money is back",
            fact=RefundSucceeded,
        ),
        Move(
            "stick",
            (RefundState.REQUESTED, RefundState.SUBMITTED),
            RefundState.STUCK,
            because="refused for good, or reported abnormal: a person must look",
            fact=RefundStuck,
        ),
        Move(
            "retry",
            (RefundState.STUCK,),
            RefundState.REQUESTED,
            because="a person wants it tried again, under its own number",
        ),
    ],
)
