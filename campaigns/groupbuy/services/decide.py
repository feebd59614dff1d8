"""How a group that did not fill ends: at its deadline, or by its merchant."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.groupbuy.locks import group_lock
from campaigns.groupbuy.models import Group, Member
from campaigns.groupbuy.services.seats import (
    GRACE,
    REASON_LENGTH,
    group_fail,
    group_succeed,
    seat_paid,
    seat_strand,
)
from campaigns.groupbuy.states import GroupState, MemberState
from orders.queries import orders_brief
from sharing.services import ties_make

# A payment whose fate is unknown is asked for at the provider this long, then its seat is lost.
SILENCE_LIMIT = timedelta(minutes=31)
LOOK_AGAIN = timedelta(seconds=5)


def group_tie(*, group_id: int, now: datetime) -> None:
    """Whoever completed a group together has had to do with one another."""
    seats = Member.objects.filter(group_id=group_id, state=MemberState.CONFIRMED)
    ties_make(people=list(seats.values_list("user_id", flat=True)), kind="group", now=now)


class CancelRefused(Exception):
    """The group cannot be cancelled; the message says why, for the merchant."""


def group_expire(*, group_id: int, now: datetime) -> datetime | None:
    """Decide a group whose time is up; when to look again, None when it is decided. With `least`
    people paid it succeeds where its campaign said so, otherwise it fails.

    A full group never fails because a fact was slow: the orders themselves are looked at. While
    an unknown payment could still fill it, the group waits, up to SILENCE_LIMIT.
    """
    with transaction.atomic():
        group = group_lock(group_id)
        deadline_at = group.deadline_at
        if group.state != GroupState.OPEN or deadline_at is None:
            return None
        if now < deadline_at + GRACE:
            return deadline_at + GRACE
        if group.reserved:
            _take_what_is_paid(group, now=now)
            group = group_lock(group_id)
            if group.state != GroupState.OPEN:
                return None
        # Somebody who may have paid counts, for a while: to fill it, or to be one of enough.
        could_be_enough = group.reserved > 0 and group.joined + group.reserved >= group.enough
        if could_be_enough and now < deadline_at + SILENCE_LIMIT:
            return now + LOOK_AGAIN
        if group.missing:
            group_fail(group, reason=_("到时人数不足"), now=now)
        else:
            group_succeed(group, now=now)
        return None


def group_cancel(*, group_id: int, reason: str, now: datetime) -> bool:
    """The merchant gives up a group; False when it was over before. Every fen goes back.

    `reason`, never empty, is shown to its members. Raises CancelRefused for a group that
    succeeded: its orders are cancelled one by one.
    """
    with transaction.atomic():
        group = group_lock(group_id)
        if group.state == GroupState.SUCCEEDED:
            raise CancelRefused(_("这个团已经成团，请在“订单”页面逐单处理。"))
        if group.state == GroupState.FORMING and not group.fail_reason:
            # The leader's order closes, and with it the group is abandoned. Money that is under
            # way already opens the group, which then finds the reason and fails at once.
            group.fail_reason = reason[:REASON_LENGTH]
            group.save(update_fields=["fail_reason"])
            seat_strand(group, now=now)
            return True
        if group.state != GroupState.OPEN:
            return False
        group_fail(group, reason=reason, now=now)
        return True


def _take_what_is_paid(group: Group, *, now: datetime) -> None:
    waiting = group.members.filter(state=MemberState.RESERVED).values_list("order_id", flat=True)
    for brief in orders_brief(waiting).values():
        if brief.is_held:
            seat_paid(order_id=brief.id, now=now)
