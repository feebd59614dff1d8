"""How a bargain goes on and ends: at the floor, with its order, at its deadline.

Every function that changes a bargain locks it first, acts on what is true now, and may run twice.
"""

from datetime import datetime, timedelta

from django.db import transaction

from campaigns.bargain.locks import bargain_lock, quota_give_back
from campaigns.bargain.models import Bargain
from campaigns.bargain.pieces import piece_free, piece_kept_from, sku_of
from campaigns.bargain.states import BARGAIN, BargainState
from orders.queries import Outcome, order_outcome

LOOK_AGAIN = timedelta(seconds=30)


def bargain_reach(bargain: Bargain, *, now: datetime) -> None:
    """Needs the bargain's lock. The last cut landed: the floor price is held, never for less time
    than was left."""
    hold_until = now + timedelta(hours=bargain.campaign.hold_hours)
    deadline_at = max(bargain.deadline_at, hold_until)
    changes = {"reached_at": now, "deadline_at": deadline_at, "due_at": deadline_at}
    BARGAIN.move_row(bargain, "reach", now=now, changes=changes)


def bargain_expire(*, bargain_id: int, now: datetime) -> datetime | None:
    """A bargain's time may be up; when to look again, None when it is decided.

    One with an order waits for that order, whose own clock runs; should its facts be slow, the
    order itself is looked at.
    """
    with transaction.atomic():
        bargain = bargain_lock(bargain_id)
        if bargain.state == BargainState.ORDERED:
            _order_look(bargain, now=now)
        if bargain.state == BargainState.ORDERED:
            return max(bargain.deadline_at, now + LOOK_AGAIN)
        if bargain.state not in (BargainState.RUNNING, BargainState.REACHED):
            return None
        if now < bargain.deadline_at:
            return bargain.deadline_at
        _expire(bargain, now=now)
        return None


def bargain_order_paid(*, order_id: int, now: datetime) -> None:
    """The bargain's order is paid: bought, and its schedule is public."""
    with transaction.atomic():
        bargain = _locked(order_id)
        if bargain is not None:
            _buy(bargain, now=now)


def bargain_order_closed(*, order_id: int, now: datetime) -> None:
    """The bargain's order was closed unpaid: buyable again while it lives, lapsed otherwise."""
    with transaction.atomic():
        bargain = _locked(order_id)
        if bargain is not None:
            _release(bargain, now=now)


def bargain_order_cancelled(*, order_id: int, now: datetime) -> None:
    """The paid order was cancelled: the order sends the money back, the quota is free again."""
    with transaction.atomic():
        bargain = _locked(order_id)
        if bargain is None:
            return
        _order_look(bargain, now=now)  # the fact of the payment may still be on its way
        if BARGAIN.move_row(bargain, "return", now=now):
            quota_give_back(campaign_id=bargain.campaign_id)


def _locked(order_id: int) -> Bargain | None:
    """The bargain whose newest order this is, locked; None for other orders."""
    pk = Bargain.objects.filter(order_id=order_id).values_list("pk", flat=True).first()
    if pk is None:
        return None
    bargain = bargain_lock(pk)
    return bargain if bargain.order_id == order_id else None


def _order_look(bargain: Bargain, *, now: datetime) -> None:
    """Needs the bargain's lock. Take what the order itself says, whatever facts are on their way."""
    if bargain.state != BargainState.ORDERED or bargain.order_id is None:
        return
    outcome = order_outcome(bargain.order_id)
    if outcome is Outcome.CLOSED:
        _release(bargain, now=now)
    elif outcome is Outcome.PAID:
        _buy(bargain, now=now)


def _buy(bargain: Bargain, *, now: datetime) -> None:
    BARGAIN.move_row(bargain, "buy", now=now, changes={"ended_at": now, "due_at": None})


def _release(bargain: Bargain, *, now: datetime) -> None:
    assert bargain.order_id is not None
    move = "resume" if bargain.helps_left else "hold"
    piece = piece_kept_from(
        ref=bargain.public_id, order_id=bargain.order_id, campaign_id=bargain.campaign_id
    )
    changes = {"due_at": bargain.deadline_at, "reserved_as": piece}
    if BARGAIN.move_row(bargain, move, now=now, changes=changes) and now >= bargain.deadline_at:
        _expire(bargain, now=now)


def _expire(bargain: Bargain, *, now: datetime) -> None:
    piece = bargain.reserved_as
    changes = {"ended_at": now, "due_at": None, "reserved_as": ""}
    if BARGAIN.move_row(bargain, "expire", now=now, changes=changes):
        quota_give_back(campaign_id=bargain.campaign_id)
        piece_free(sku_id=sku_of(bargain.campaign_id), reference=piece, now=now)
