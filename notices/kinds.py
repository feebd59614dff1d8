"""What people are told about. A topic is what a person switches on and off; a kind is one sentence.

Stored in rows: a value never changes.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Topic(models.TextChoices):
    """A group of kinds: preferences and consents are by topic."""

    ORDER = "order", _("订单")
    SHIPPING = "shipping", _("发货和收货")
    GROUP = "group", _("拼团")
    REFUND = "refund", _("取消和退款")
    STAFF = "staff", _("店铺事务")
    FLASH = "flash", _("秒杀提醒")
    BARGAIN = "bargain", _("砍价")
    SHARER = "sharer", _("分享员")


class Kind(models.TextChoices):
    """One thing that may have happened."""

    PAID = "paid", _("付款成功")
    PAY_SOON = "pay_soon", _("付款快要截止")
    REPRICED = "repriced", _("商家改价")
    CLOSED = "closed", _("订单关闭")
    SHIPPED = "shipped", _("发货")
    DELIVERED = "delivered", _("虚拟商品交付")
    ADDRESS_CHANGED = "address_changed", _("商家改了收货信息")
    RECEIVE_SOON = "receive_soon", _("快要自动收货")
    GROUP_JOINED = "group_joined", _("有人参团")
    GROUP_ONE_SHORT = "group_one_short", _("拼团只差一人")
    GROUP_SOON = "group_soon", _("拼团快到时间")
    GROUP_SUCCEEDED = "group_succeeded", _("拼团成功")
    GROUP_FAILED = "group_failed", _("拼团未成功")
    CANCELLED = "cancelled", _("订单取消")
    LINE_CANCELLED = "line_cancelled", _("商品取消")
    PAID_LATE = "paid_late", _("付款来晚了")
    REFUNDING = "refunding", _("退款中")
    REFUNDED = "refunded", _("退款到账")
    REFUND_STUCK = "refund_stuck", _("退款遇到问题")
    INVOICE_ISSUED = "invoice_issued", _("开出发票")
    INVOICE_DECLINED = "invoice_declined", _("发票没有开出")
    STAFF_TO_SHIP = "staff_to_ship", _("有订单要发货")
    STAFF_URGED = "staff_urged", _("买家催发货")
    STAFF_ADDRESS_CHANGED = "staff_address_changed", _("买家改了收货信息")
    STAFF_REFUND_STUCK = "staff_refund_stuck", _("有退款要处理")
    STAFF_INVOICE_OVER = "staff_invoice_over", _("有发票要红冲")
    STAFF_CODES_OUT = "staff_codes_out", _("群码用完了")
    STAFF_ACCOUNT_TROUBLED = "staff_account_troubled", _("收不了款")
    FLASH_SOON = "flash_soon", _("秒杀快要开始")
    FLASH_OFF = "flash_off", _("秒杀取消")
    BARGAIN_REACHED = "bargain_reached", _("砍价到底价")
    BARGAIN_SOON = "bargain_soon", _("砍价快到时间")
    SHARER_APPROVED = "sharer_approved", _("分享员申请通过")
    SHARER_DECLINED = "sharer_declined", _("分享员申请没有通过")
    STAFF_SHARER_APPLIED = "staff_sharer_applied", _("有人申请做分享员")


TOPIC_OF: dict[str, Topic] = {
    Kind.PAID: Topic.ORDER,
    Kind.PAY_SOON: Topic.ORDER,
    Kind.REPRICED: Topic.ORDER,
    Kind.CLOSED: Topic.ORDER,
    Kind.SHIPPED: Topic.SHIPPING,
    Kind.DELIVERED: Topic.SHIPPING,
    Kind.ADDRESS_CHANGED: Topic.SHIPPING,
    Kind.RECEIVE_SOON: Topic.SHIPPING,
    Kind.GROUP_JOINED: Topic.GROUP,
    Kind.GROUP_ONE_SHORT: Topic.GROUP,
    Kind.GROUP_SOON: Topic.GROUP,
    Kind.GROUP_SUCCEEDED: Topic.GROUP,
    Kind.GROUP_FAILED: Topic.GROUP,
    Kind.CANCELLED: Topic.REFUND,
    Kind.LINE_CANCELLED: Topic.REFUND,
    Kind.PAID_LATE: Topic.REFUND,
    Kind.REFUNDING: Topic.REFUND,
    Kind.REFUNDED: Topic.REFUND,
    Kind.REFUND_STUCK: Topic.REFUND,
    Kind.INVOICE_ISSUED: Topic.ORDER,
    Kind.INVOICE_DECLINED: Topic.ORDER,
    Kind.STAFF_TO_SHIP: Topic.STAFF,
    Kind.STAFF_URGED: Topic.STAFF,
    Kind.STAFF_ADDRESS_CHANGED: Topic.STAFF,
    Kind.STAFF_REFUND_STUCK: Topic.STAFF,
    Kind.STAFF_INVOICE_OVER: Topic.STAFF,
    Kind.STAFF_CODES_OUT: Topic.STAFF,
    Kind.STAFF_ACCOUNT_TROUBLED: Topic.STAFF,
    Kind.FLASH_SOON: Topic.FLASH,
    Kind.FLASH_OFF: Topic.FLASH,
    Kind.BARGAIN_REACHED: Topic.BARGAIN,
    Kind.BARGAIN_SOON: Topic.BARGAIN,
    Kind.SHARER_APPROVED: Topic.SHARER,
    Kind.SHARER_DECLINED: Topic.SHARER,
    Kind.STAFF_SHARER_APPLIED: Topic.STAFF,
}

# What a shopper has preferences for.
SHOPPER_TOPICS = (
    Topic.SHIPPING,
    Topic.GROUP,
    Topic.REFUND,
    Topic.ORDER,
    Topic.FLASH,
    Topic.BARGAIN,
    Topic.SHARER,
)

# What stays in the inbox: what happens many times or is about no money, and what a shop's staff find in
# their office.
INBOX_ONLY = frozenset(
    {
        Kind.LINE_CANCELLED,
        Kind.GROUP_JOINED,
        Kind.STAFF_TO_SHIP,
        Kind.STAFF_URGED,
        Kind.STAFF_ADDRESS_CHANGED,
        Kind.STAFF_REFUND_STUCK,
        Kind.STAFF_INVOICE_OVER,
        Kind.STAFF_CODES_OUT,
        Kind.STAFF_SHARER_APPLIED,
    }
)
# Everything else goes beyond it: each is about a person's order, money, group, bargain, parcel or
# application, and either asks for something, answers what they wait for, or says what becomes of their
# money. Of a shop's news only that it sells nothing: whoever is not in the office must hear of it.
PUSHED = frozenset(Kind) - INBOX_ONLY
