"""What group-buy hears: of its seats' orders, of their refunds, and of its own members."""

from datetime import datetime

from accounts.events import ProfileWithdrawn
from campaigns.groupbuy import services
from campaigns.groupbuy.events import (
    GroupSucceeded,
    MemberRebated,
    MemberRefunding,
    MemberStranded,
)
from core.facts import subscribe
from orders.events import OrderCancelled, OrderClosed, OrderPaid, OrderPaidLate
from orders.services import order_cancel, order_close_request
from payments.events import RefundSucceeded


@subscribe(OrderPaid, inline=True)
def order_paid(event: OrderPaid, *, now: datetime) -> None:
    services.seat_paid(order_id=event.order_id, now=now)


@subscribe(OrderClosed, inline=True)
def order_closed(event: OrderClosed, *, now: datetime) -> None:
    services.seat_closed(order_id=event.order_id, now=now)


@subscribe(OrderPaidLate)
def order_paid_late(event: OrderPaidLate, *, now: datetime) -> None:
    services.seat_late(order_id=event.order_id, now=now)


@subscribe(OrderCancelled)
def order_cancelled(event: OrderCancelled, *, now: datetime) -> None:
    services.seat_returned(order_id=event.order_id, now=now)


@subscribe(MemberRefunding, first=True)
def member_refunding(event: MemberRefunding, *, now: datetime) -> None:
    """The seat's order is cancelled; one that was cancelled before (late money) stays as it is."""
    order_cancel(
        order_id=event.order_id,
        reason=services.seat_refund_reason(group_id=event.group_id),
        now=now,
        hold_kind="group",
    )


@subscribe(MemberRebated, first=True)
def member_rebated(event: MemberRebated, *, now: datetime) -> None:
    services.seat_rebate(member_id=event.member_id, now=now)


@subscribe(GroupSucceeded)
def group_succeeded(event: GroupSucceeded, *, now: datetime) -> None:
    services.group_tie(group_id=event.group_id, now=now)


@subscribe(MemberStranded)
def member_stranded(event: MemberStranded, *, now: datetime) -> None:
    order_close_request(order_id=event.order_id, now=now)


@subscribe(RefundSucceeded)
def refund_succeeded(event: RefundSucceeded, *, now: datetime) -> None:
    services.seat_refunded(order_ref=event.order_ref, now=now)


@subscribe(ProfileWithdrawn)
def profile_withdrawn(event: ProfileWithdrawn, *, now: datetime) -> None:
    services.faces_hide(user_id=event.person_id)
