"""A seat's life once it is taken (`taking.py`): paid, released, or paid for in vain.

Every function that changes a seat locks its group first, acts on what is true now, and may run
twice.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.groupbuy.deals import deal_of
from campaigns.groupbuy.events import MemberRebated, MemberStranded
from campaigns.groupbuy.locks import group_lock, quota_give_back
from campaigns.groupbuy.models import Group, Member
from campaigns.groupbuy.states import GROUP, MEMBER, GroupState, MemberState
from core.facts import facts_record
from core.rows import row_get
from orders.queries import orders_brief, unit_price_fen
from orders.services import hold_release, order_give_back
from payments.queries import payment_is_returned
from payments.services import RefundReason

HOLD = "group"
# After its deadline a group waits this long for facts that are on their way.
GRACE = timedelta(seconds=60)
REASON_LENGTH = 120


def faces_hide(*, user_id: int) -> None:
    """The person is not to be shown on the page of any group they were in until now."""
    Member.objects.filter(user_id=user_id, shows_profile=True).update(shows_profile=False)


def seat_paid(*, order_id: int, now: datetime) -> None:
    """The seat's order is paid: the group opens, fills or succeeds; a seat too late is refunded."""
    with transaction.atomic():
        found = _member_locked(order_id=order_id)
        if found is None:
            return
        group, member = found
        if member.state != MemberState.RESERVED:
            return
        if group.state == GroupState.FORMING and member.is_leader:
            _open(group, now=now)
        if group.state != GroupState.OPEN:
            _give_up(group, member, now=now)
            return
        seat_join(group, member, now=now)
        if group.fail_reason:  # its merchant cancelled it while this money was under way
            group_fail(group, reason=group.fail_reason, now=now)
        elif group.joined == group.size:
            group_succeed(group, now=now)


def seat_join(group: Group, member: Member, *, now: datetime) -> None:
    """Needs the group's lock. The seat becomes real."""
    if MEMBER.move_row(member, "join", now=now, changes={"joined_at": now}):
        group.reserved -= 1
        group.joined += 1
        group.save(update_fields=["reserved", "joined"])


def _open(group: Group, *, now: datetime) -> None:
    deadline_at = now + timedelta(hours=group.campaign.hours)
    GROUP.move_row(
        group,
        "open",
        now=now,
        changes={
            "opened_at": now,
            "deadline_at": deadline_at,
            "due_at": deadline_at + GRACE,
        },
    )


def group_succeed(group: Group, *, now: datetime) -> None:
    """Needs the group's lock. Whoever has paid is in: members, orders and the group itself, in one
    transaction; and what the ladder's step gives back is written down for each of them. In a campaign
    that is cancelled it fails instead: its members have read so.

    Seats that are not paid must not be paid any more.
    """
    if group.campaign.cancelled_at is not None:
        group_fail(group, reason=group.campaign.cancel_reason, now=now)
        return
    paid = list(group.members.filter(state=MemberState.JOINED))
    off_fen = deal_of(group.campaign).off_fen(len(paid)) if group.least else 0
    MEMBER.move_set(group.members.all(), "confirm", now=now)
    GROUP.move_row(
        group,
        "succeed",
        now=now,
        changes={
            "succeeded_at": now,
            "due_at": None,
            "joined": 0,
            "confirmed": len(paid),
            "off_fen": off_fen,
        },
    )
    if off_fen:
        facts_record(*[MemberRebated.of(member) for member in paid], now=now)
    if group.reserved:
        seat_strand(group, now=now)
    hold_release(order_ids=[member.order_id for member in paid], kind=HOLD, now=now)


def seat_rebate(*, member_id: int, now: datetime) -> None:
    """Give a confirmed seat back what the step that its group reached makes it cheaper, once; never
    so much that a piece costs less than 1 fen."""
    member = Member.objects.select_related("group").get(pk=member_id)
    if member.state == MemberState.CONFIRMED and member.group.off_fen:
        # Whoever paid a list price that had fallen that far keeps a fen to pay for each piece.
        each_fen = min(member.group.off_fen, unit_price_fen(member.order_id) - 1)
        if each_fen:
            order_give_back(
                order_id=member.order_id,
                each_fen=each_fen,
                reason=RefundReason.GROUP_TIER,
                now=now,
            )


def group_fail(group: Group, *, reason: str, now: datetime) -> None:
    """Needs the group's lock. An open group is over: what is paid goes back, the rest may not be."""
    needed = group.needs
    GROUP.move_row(
        group,
        "fail",
        now=now,
        changes={
            "failed_at": now,
            "fail_reason": reason[:REASON_LENGTH],
            "due_at": None,
            "joined": 0,
        },
    )
    _give_back(group, needed=needed, now=now)
    if group.reserved:
        seat_strand(group, now=now)


def _give_up(group: Group, member: Member, *, now: datetime) -> None:
    """Needs the group's lock. Money for a seat of a group that is over goes back."""
    if MEMBER.move_row(member, "refund", now=now, changes={"left_at": now}):
        group.reserved -= 1
        group.save(update_fields=["reserved"])
        quota_give_back(campaign_id=group.campaign_id, quantity=member.quantity)


def seat_closed(*, order_id: int, now: datetime) -> None:
    """The seat's order was closed unpaid: the seat is free, and without its leader the group ends."""
    with transaction.atomic():
        found = _member_locked(order_id=order_id)
        if found is not None:
            _release(*found, now=now)


def _release(group: Group, member: Member, *, now: datetime) -> None:
    if not MEMBER.move_row(member, "release", now=now, changes={"left_at": now}):
        return
    needed = group.needs
    group.reserved -= 1
    group.save(update_fields=["reserved"])
    if member.is_leader:
        GROUP.move_row(group, "abandon", now=now, changes={"due_at": None})
    quota_give_back(
        campaign_id=group.campaign_id, quantity=member.quantity, needs=group.needs - needed
    )


def seat_late(*, order_id: int, now: datetime) -> None:
    """Money came after the order was closed: the order sends it back, the seat says so."""
    with transaction.atomic():
        found = _member_locked(order_id=order_id)
        if found is None:
            return
        group, member = found
        if member.state == MemberState.RESERVED:  # the fact of the closing is still on its way
            _release(group, member, now=now)
        MEMBER.move_row(member, "refund", now=now, changes={"left_at": member.left_at or now})
        seat_refund_check(member, now=now)


def seat_returned(*, order_id: int, now: datetime) -> None:
    """The order of a confirmed seat was cancelled: others may buy what it took, and so may the person
    again. The group stays as it succeeded."""
    with transaction.atomic():
        found = _member_locked(order_id=order_id, state=MemberState.CONFIRMED)
        if found is None:
            return
        group, member = found
        if member.returned_at is None:
            member.returned_at = now
            member.save(update_fields=["returned_at"])
            quota_give_back(campaign_id=group.campaign_id, quantity=member.quantity)


def seat_refunded(*, order_ref: str, now: datetime) -> None:
    """A refund of the order came through: the seat is done when all of its money is back."""
    with transaction.atomic():
        found = _member_locked(order__public_id=order_ref)
        if found is not None and found[1].state == MemberState.REFUNDING:
            seat_refund_check(found[1], now=now)


def seat_refund_check(member: Member, *, now: datetime) -> None:
    """Close a refunding seat whose money is back already, in whichever order the facts arrive.

    Needs the group's lock: otherwise the fact of the refund and the fact that starts the refunding
    could each miss what the other has not committed yet.
    """
    brief = orders_brief([member.order_id]).get(member.order_id)
    if brief and brief.payment_id is not None and payment_is_returned(brief.payment_id):
        MEMBER.move_row(member, "refunded", now=now)


def seat_refund_reason(*, group_id: int) -> str:
    """Why the group's members get their money back, in words for them."""
    group = row_get(Group, group_id)
    if group is None or not group.fail_reason:
        return _("团没有成，或已经结束，全额退款")
    return _("团没有成：%(reason)s，全额退款") % {"reason": group.fail_reason}


def _give_back(group: Group, *, needed: int, now: datetime) -> None:
    """Needs the group's lock. Everybody who paid for a group that failed gets the money back, and the
    `needed` pieces that were kept for others are free.

    One fact for each member: the orders are cancelled one by one, so that one member's trouble
    never blocks another's money.
    """
    paid = group.members.filter(state=MemberState.JOINED)
    pieces = sum(paid.values_list("quantity", flat=True))
    MEMBER.move_set(paid, "refund", now=now, changes={"left_at": now})
    quota_give_back(campaign_id=group.campaign_id, quantity=pieces, needs=-needed)


def seat_strand(group: Group, *, now: datetime) -> None:
    """Needs the group's lock. Seats that are not paid yet must not be paid any more.

    They stay reserved until their orders close, or until their money arrives and goes back.
    """
    waiting = group.members.filter(state=MemberState.RESERVED)
    facts_record(*[MemberStranded.of(member) for member in waiting], now=now)


def _member_locked(**seat: Any) -> tuple[Group, Member] | None:
    """The seat of an order, read after its group is locked; None for other orders."""
    found = Member.objects.filter(**seat).values_list("pk", "group_id").first()
    if found is None:
        return None
    group = group_lock(found[1])
    return group, Member.objects.get(pk=found[0])
