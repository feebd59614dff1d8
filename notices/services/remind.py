"""Reminders: set when an order is placed or sent or a bargain begins, told when it is time and still
true."""

from datetime import datetime, timedelta

from django.db import transaction

from campaigns.bargain.gist import bargain_gist
from campaigns.groupbuy.gist import group_gist
from notices.about import campaigns, orders
from notices.kinds import Kind
from notices.models import Reminder
from notices.services.tell import notices_tell
from orders.queries import OrderGist, order_gist, orders_brief

# So long before an unpaid order closes; none when it never had much more time than that anyway.
PAY_AHEAD, PAY_WORTHWHILE = timedelta(minutes=5), timedelta(minutes=15)
RECEIVE_AHEAD = timedelta(hours=24)
GROUP_AHEAD = BARGAIN_AHEAD = timedelta(hours=1)


def pay_reminder_set(*, order_id: int, now: datetime) -> None:
    """An order was placed: remind its buyer before it closes. Safe to repeat."""
    order = orders_brief([order_id])[order_id]
    had = order.pay_before - order.placed_at
    if order.is_awaiting and now < order.pay_before and had >= PAY_WORTHWHILE:
        due_at = order.pay_before - PAY_AHEAD
        _set(order.store_id, order_id, kind=Kind.PAY_SOON, due_at=due_at)


def receive_reminder_set(*, order_id: int, now: datetime) -> None:
    """An order was sent: remind its buyer before it counts as received. Safe to repeat."""
    order = order_gist(order_id=order_id)
    if order is not None and order.receive_before is not None:
        due_at = order.receive_before - RECEIVE_AHEAD
        _set(order.store_id, order_id, kind=Kind.RECEIVE_SOON, due_at=due_at)


def group_reminder_set(*, group_id: int, member_id: int, now: datetime) -> None:
    """A seat is paid: remind its owner an hour before the group's end. Safe to repeat."""
    group = group_gist(group_id=group_id)
    if group is None or not group.is_open or group.deadline_at is None:
        return
    due_at = group.deadline_at - GROUP_AHEAD
    for seat in group.seats:
        if seat.member_id == member_id and due_at > now:
            _set(group.store_id, seat.order_id, kind=Kind.GROUP_SOON, due_at=due_at)


def bargain_reminder_set(*, bargain_id: int, now: datetime) -> None:
    """A bargain began or reached its floor: remind its launcher an hour before its end. Safe to
    repeat."""
    bargain = bargain_gist(bargain_id)
    if bargain is None or not bargain.waits:
        return
    due_at = bargain.deadline_at - BARGAIN_AHEAD
    if due_at > now:
        row = Reminder(
            store_id=bargain.store_id,
            bargain_id=bargain_id,
            kind=Kind.BARGAIN_SOON,
            due_at=due_at,
        )
        Reminder.objects.bulk_create([row], ignore_conflicts=True)


@transaction.atomic
def reminder_due(*, reminder_id: int, now: datetime) -> datetime | None:
    """Tell it if it is still true, and forget it; when to look again if the instant has moved."""
    reminder = Reminder.objects.filter(pk=reminder_id).first()
    if reminder is None:
        return None
    if reminder.bargain_id is not None:
        later = _bargain_soon(reminder.bargain_id, now=now)
        if later is None:
            reminder.delete()
        return later
    order = order_gist(order_id=reminder.order_id)
    if order is not None and reminder.kind == Kind.PAY_SOON:
        _pay_soon(order, now=now)
    elif order is not None and reminder.kind == Kind.GROUP_SOON:
        _group_soon(order, now=now)
    elif order is not None and order.state == "shipped" and order.receive_before is not None:
        if order.receive_before - now > RECEIVE_AHEAD:
            return order.receive_before - RECEIVE_AHEAD  # the buyer asked for more time
        if order.receive_before > now:
            notices_tell(kind=Kind.RECEIVE_SOON, subject=orders.receive_soon(order), now=now)
    reminder.delete()
    return None


def _pay_soon(order: OrderGist, *, now: datetime) -> None:
    if order.state == "awaiting_payment" and not order.closing and now < order.pay_before:
        notices_tell(kind=Kind.PAY_SOON, subject=orders.pay_soon(order), now=now)


def _group_soon(order: OrderGist, *, now: datetime) -> None:
    group = group_gist(group_ref=order.offer_ref)
    if group is None or not group.is_open or group.deadline_at is None or not group.seats_left:
        return
    if order.state == "on_hold" and now < group.deadline_at:
        notices_tell(kind=Kind.GROUP_SOON, subject=campaigns.group_soon(order, group), now=now)


def _bargain_soon(bargain_id: int, *, now: datetime) -> datetime | None:
    """When to look again: reaching the floor has moved its end."""
    bargain = bargain_gist(bargain_id)
    if bargain is None or not bargain.waits or bargain.deadline_at <= now:
        return None
    if bargain.deadline_at - now > BARGAIN_AHEAD:
        return bargain.deadline_at - BARGAIN_AHEAD
    notices_tell(kind=Kind.BARGAIN_SOON, subject=campaigns.bargain_soon(bargain), now=now)
    return None


def _set(store_id: int, order_id: int, *, kind: Kind, due_at: datetime) -> None:
    row = Reminder(store_id=store_id, order_id=order_id, kind=kind, due_at=due_at)
    Reminder.objects.bulk_create([row], ignore_conflicts=True)
