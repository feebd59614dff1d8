"""The table of notices: which fact is told as what, about what, and in which words.

A fact may have several rows; each row's `about` decides by the present state whether it has
anything to say. Sentences are cut to what an inbox line holds, and never hold an address or phone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.bargain.events import BargainReached
from campaigns.flash.events import FlashCalledOff, FlashSlotOpening
from campaigns.groupbuy.events import GroupSucceeded, MemberJoined
from community.events import EntryRanOut
from core.facts import Event
from notices.about import campaigns, orders, sharers, staff
from notices.about.subject import Subject
from notices.kinds import Kind
from orders.events import (
    InvoiceDeclined,
    InvoiceIssued,
    OrderAddressChanged,
    OrderCancelled,
    OrderClosed,
    OrderLineCancelled,
    OrderPaid,
    OrderPaidLate,
    OrderPartShipped,
    OrderReleased,
    OrderRepriced,
    OrderShipped,
    OrderUrged,
)
from payments.events import AccountTroubled, RefundRequested, RefundStuck, RefundSucceeded
from sharers.events import SharerApplied, SharerApproved, SharerDeclined


@dataclass(frozen=True)
class Rule:
    """A row: when this fact comes, `about` says to whom and with what, `WORDS` say it."""

    fact: type[Event]
    kind: Kind
    about: Callable[[Any], Iterable[Subject]]


RULES: tuple[Rule, ...] = (
    Rule(OrderPaid, Kind.PAID, orders.order_paid),
    Rule(OrderPaid, Kind.STAFF_TO_SHIP, staff.to_ship),
    Rule(OrderReleased, Kind.STAFF_TO_SHIP, staff.to_ship),
    Rule(OrderRepriced, Kind.REPRICED, orders.order_repriced),
    Rule(OrderClosed, Kind.CLOSED, orders.order_closed),
    Rule(OrderPaidLate, Kind.PAID_LATE, orders.order_paid_late),
    Rule(OrderCancelled, Kind.CANCELLED, orders.order_cancelled),
    Rule(OrderCancelled, Kind.GROUP_FAILED, orders.group_failed),
    Rule(OrderLineCancelled, Kind.LINE_CANCELLED, orders.line_cancelled),
    Rule(OrderPartShipped, Kind.SHIPPED, orders.parcels),
    Rule(OrderShipped, Kind.SHIPPED, orders.parcels),
    Rule(OrderShipped, Kind.DELIVERED, orders.delivered),
    Rule(OrderUrged, Kind.STAFF_URGED, staff.urged),
    Rule(OrderAddressChanged, Kind.ADDRESS_CHANGED, orders.address_changed),
    Rule(OrderAddressChanged, Kind.STAFF_ADDRESS_CHANGED, staff.address_changed),
    Rule(InvoiceIssued, Kind.INVOICE_ISSUED, orders.invoice_issued),
    Rule(InvoiceDeclined, Kind.INVOICE_DECLINED, orders.invoice_declined),
    Rule(MemberJoined, Kind.GROUP_JOINED, campaigns.member_joined),
    Rule(MemberJoined, Kind.GROUP_ONE_SHORT, campaigns.group_one_short),
    Rule(GroupSucceeded, Kind.GROUP_SUCCEEDED, campaigns.group_succeeded),
    Rule(BargainReached, Kind.BARGAIN_REACHED, campaigns.bargain_reached),
    Rule(FlashSlotOpening, Kind.FLASH_SOON, campaigns.flash_soon),
    Rule(FlashCalledOff, Kind.FLASH_OFF, campaigns.flash_off),
    Rule(RefundRequested, Kind.REFUNDING, orders.refund_requested),
    Rule(RefundRequested, Kind.STAFF_INVOICE_OVER, staff.invoice_over),
    Rule(RefundSucceeded, Kind.REFUNDED, orders.refund_succeeded),
    Rule(RefundStuck, Kind.REFUND_STUCK, orders.refund_stuck),
    Rule(RefundStuck, Kind.STAFF_REFUND_STUCK, staff.refund_stuck),
    Rule(EntryRanOut, Kind.STAFF_CODES_OUT, staff.codes_out),
    Rule(SharerApplied, Kind.STAFF_SHARER_APPLIED, staff.sharer_applied),
    Rule(SharerApproved, Kind.SHARER_APPROVED, sharers.approved),
    Rule(SharerDeclined, Kind.SHARER_DECLINED, sharers.declined),
    Rule(AccountTroubled, Kind.STAFF_ACCOUNT_TROUBLED, staff.account_troubled),
)

# Title, and the sentence below it.
WORDS: dict[str, tuple[Any, Any]] = {
    Kind.PAID: (_("付款成功"), _("%(goods)s，已付 %(amount)s 元。%(next)s。")),
    Kind.PAY_SOON: (
        _("订单快要关闭了"),
        _("%(goods)s，待付 %(amount)s 元，请在 %(until)s 前付款。"),
    ),
    Kind.REPRICED: (_("商家改了价"), _("%(goods)s，现在应付 %(amount)s 元，请重新付款。")),
    Kind.CLOSED: (
        _("订单已关闭"),
        _("%(goods)s 没有付款，已关闭。如果你其实付了，钱会全额自动退回。"),
    ),
    Kind.PAID_LATE: (
        _("付款来晚了，全额退回"),
        _("%(goods)s 的订单已经关闭，你付的 %(amount)s 元会原路退回。"),
    ),
    Kind.CANCELLED: (
        _("订单已取消，钱在退回"),
        _("%(goods)s：%(reason)s。%(amount)s 元会原路退回。"),
    ),
    Kind.LINE_CANCELLED: (
        _("有商品取消了"),
        _("商家取消了 %(goods)s，不再发货；它的实付是 0 元，没有钱要退。原因请看订单。"),
    ),
    Kind.GROUP_FAILED: (
        _("拼团没有成功，全额退回"),
        _("%(goods)s 的团没有成：%(reason)s。你付的 %(amount)s 元会原路退回。"),
    ),
    Kind.SHIPPED: (_("已发货"), _("%(goods)s 已由%(carrier)s发出，运单号 %(tracking_no)s。")),
    Kind.DELIVERED: (_("内容已交付"), _("%(goods)s 已交付，打开订单就能看到。")),
    Kind.ADDRESS_CHANGED: (
        _("商家改了收货信息"),
        _("%(goods)s 的收货信息改了，请打开订单核对，不对请马上联系商家。"),
    ),
    Kind.RECEIVE_SOON: (
        _("快要自动确认收货了"),
        _("%(goods)s 将在 %(until)s 自动确认收货；还没收到的话，%(next)s。"),
    ),
    Kind.GROUP_JOINED: (_("有人参加了你的团"), _("%(goods)s，%(wanted)s。")),
    Kind.GROUP_ONE_SHORT: (
        _("只差一人就成团"),
        _("%(goods)s 的团再来 1 人就能成团。"),
    ),
    Kind.GROUP_SOON: (
        _("拼团还有一小时"),
        _("%(goods)s 的团 %(until)s 截止，%(wanted)s。"),
    ),
    Kind.GROUP_SUCCEEDED: (_("拼团成功"), _("%(goods)s，%(size)s 人已到齐，商家会尽快发货。")),
    Kind.REFUNDING: (_("退款在路上"), _("%(goods)s：%(reason)s，%(amount)s 元会原路退回。")),
    Kind.REFUNDED: (_("退款已到账"), _("%(goods)s：%(amount)s 元已原路退回。")),
    Kind.REFUND_STUCK: (
        _("退款需要多等一会儿"),
        _("%(goods)s：%(amount)s 元的退款遇到问题，商家正在处理，不用重复申请。"),
    ),
    Kind.FLASH_SOON: (
        _("你预约的秒杀快要开始了"),
        _("%(goods)s，%(until)s 开抢，秒杀价 %(amount)s 元，抢完为止。"),
    ),
    Kind.FLASH_OFF: (
        _("你预约的秒杀取消了"),
        _("%(goods)s 原定 %(until)s 的秒杀，商家取消了，不用再等。"),
    ),
    Kind.BARGAIN_REACHED: (
        _("到底价了"),
        _("%(goods)s 现在 %(amount)s 元，价格保留到 %(until)s，过期作废。"),
    ),
    Kind.BARGAIN_SOON: (
        _("砍价还有一小时"),
        _("%(goods)s 现价 %(amount)s 元，%(until)s 截止，过期作废。"),
    ),
    Kind.INVOICE_ISSUED: (_("发票开好了"), _("%(goods)s 的发票已经开好，打开就能下载。")),
    Kind.INVOICE_DECLINED: (
        _("发票没有开出"),
        _("%(goods)s：%(reason)s。%(next)s"),
    ),
    Kind.STAFF_TO_SHIP: (_("有订单要发货"), _("%(goods)s，已收 %(amount)s 元。")),
    Kind.STAFF_URGED: (_("买家催发货"), _("%(goods)s，请尽快发货。")),
    Kind.STAFF_ADDRESS_CHANGED: (
        _("买家改了收货信息"),
        _("%(goods)s 要寄到别处，发货前请核对；之前印好的面单、下载的表格还是旧的。"),
    ),
    Kind.STAFF_REFUND_STUCK: (_("有退款要处理"), _("%(goods)s，%(amount)s 元没有退成。")),
    Kind.STAFF_INVOICE_OVER: (
        _("有发票要红冲"),
        _("%(goods)s 开过发票，之后有退款：共需红冲 %(amount)s 元（开红字发票）。"),
    ),
    Kind.STAFF_CODES_OUT: (
        _("群码用完了"),
        _("有人想加入“%(goods)s”，已经没有可用的群二维码，请上传新的。"),
    ),
    Kind.SHARER_APPROVED: (
        _("可以开始分享了"),
        _("%(store)s 通过了你的分享员申请，现在就能布置橱窗、分享商品。"),
    ),
    Kind.SHARER_DECLINED: (
        _("分享员申请没有通过"),
        _("%(store)s 没有通过你的分享员申请，想再申请请联系商家。"),
    ),
    Kind.STAFF_SHARER_APPLIED: (
        _("有人申请做分享员"),
        _("“%(name)s”想分享店里的商品，请通过或不通过。"),
    ),
    Kind.STAFF_ACCOUNT_TROUBLED: (
        _("店里现在收不了款"),
        _("买家付不了款，商户号 %(mchid)s：%(reason)s"),
    ),
}


def rules_of(fact: type[Event]) -> tuple[Rule, ...]:
    """The rows of one fact."""
    return tuple(rule for rule in RULES if rule.fact is fact)
