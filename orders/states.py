"""An order's life. Payment and shipment are separate questions with machines of their own."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Machine, Move
from orders.events import (
    InvoiceDeclined,
    InvoiceIssued,
    InvoiceRequested,
    OrderCancelled,
    OrderClosed,
    OrderPaid,
    OrderPaidLate,
    OrderReceived,
    OrderReleased,
    OrderShipped,
)


class OrderState(models.TextChoices):
    AWAITING_PAYMENT = "awaiting_payment", _("待付款")
    ON_HOLD = "on_hold", _("暂缓发货")
    TO_SHIP = "to_ship", _("待发货")
    SHIPPED = "shipped", _("待收货")
    COMPLETED = "completed", _("已完成")
    CLOSED = "closed", _("已关闭")
    CANCELLED = "cancelled", _("已取消")


ORDER = Machine(
    "order",
    states=OrderState,
    initial=OrderState.AWAITING_PAYMENT,
    moves=[
        Move(
            "pay",
            (OrderState.AWAITING_PAYMENT,),
            OrderState.TO_SHIP,
            because="its money arrived and no hold is open",
            fact=OrderPaid,
        ),
        Move(
            "pay_held",
            (OrderState.AWAITING_PAYMENT,),
            OrderState.ON_HOLD,
            because="its money arrived while a hold (a group, a risk review) is open",
            fact=OrderPaid,
        ),
        Move(
            "release",
            (OrderState.ON_HOLD,),
            OrderState.TO_SHIP,
            because="the last hold closed",
            fact=OrderReleased,
        ),
        Move(
            "close",
            (OrderState.AWAITING_PAYMENT,),
            OrderState.CLOSED,
            because="not paid in time, or given up before paying; the trade is closed at WeChat first",
            fact=OrderClosed,
        ),
        Move(
            "pay_late",
            (OrderState.CLOSED,),
            OrderState.CANCELLED,
            because="money arrived after closing, or after its buyer gave it up, and goes back in full",
            fact=OrderPaidLate,
        ),
        Move(
            "cancel",
            (OrderState.ON_HOLD, OrderState.TO_SHIP),
            OrderState.CANCELLED,
            because="the group failed, or the merchant cannot deliver: the money goes back",
            fact=OrderCancelled,
        ),
        Move(
            "ship",
            (OrderState.TO_SHIP,),
            OrderState.SHIPPED,
            because="the merchant handed the last parcel to a carrier",
            fact=OrderShipped,
        ),
        Move(
            "receive",
            (OrderState.SHIPPED,),
            OrderState.COMPLETED,
            because="the buyer said so, or the time to say otherwise is over",
            fact=OrderReceived,
        ),
    ],
)


class InvoiceState(models.TextChoices):
    REQUESTED = "requested", _("待开票")
    ISSUED = "issued", _("已开票")
    DECLINED = "declined", _("未能开票")


INVOICE = Machine(
    "invoice",
    states=InvoiceState,
    initial=InvoiceState.REQUESTED,
    moves=[
        Move(
            "issue",
            (InvoiceState.REQUESTED,),
            InvoiceState.ISSUED,
            because="the merchant uploaded it",
            fact=InvoiceIssued,
        ),
        Move(
            "decline",
            (InvoiceState.REQUESTED,),
            InvoiceState.DECLINED,
            because="the merchant cannot issue it as asked, and says why; or its money went back",
            fact=InvoiceDeclined,
        ),
        Move(
            "ask_again",
            (InvoiceState.DECLINED,),
            InvoiceState.REQUESTED,
            because="the buyer corrected what was wrong",
            fact=InvoiceRequested,
        ),
    ],
)
