"""Taking a seat: its order is placed, and the member, the limits and the quota come at their place
in it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from django.db import IntegrityError, connection

from accounts.queries import AddressSnapshot
from accounts.services import profile_show_consent
from campaigns.groupbuy.locks import quota_take
from campaigns.groupbuy.models import GroupCampaign, Member
from campaigns.groupbuy.services.newcomers import newcomer_check
from campaigns.groupbuy.services.refusals import (
    AlreadyIn,
    CampaignOver,
    JoinRefused,
    LimitReached,
    NoNewGroup,
    QuotaGone,
    SoldOut,
)
from campaigns.groupbuy.services.seats import HOLD
from campaigns.groupbuy.states import LIVE_MEMBER, CampaignState, MemberState
from catalog.services import OutOfStock
from core.idempotency import form_claim
from core.ids import public_id
from core.prepared import Prepared, run_together
from core.rows import row_statement
from orders.pricing import CAMPAIGN_KINDS
from orders.services import Offer, OrderItem, order_place

ONE_LIVE_GROUP = "groupbuy_one_live_group"
_TAKEN = Prepared(
    "groupbuy_pieces_taken",
    # A seat of a group that succeeded stays when its merchant cancels its order; nothing was bought.
    """
    SELECT COALESCE(sum(quantity), 0) FROM groupbuy_member
    WHERE campaign_id = %(campaign)s AND user_id = %(user)s AND state = ANY(%(live)s)
        AND returned_at IS NULL
    """,
)


@dataclass(frozen=True)
class Joined:
    """What leading and joining make, known before anything is written."""

    group_public_id: str
    order_public_id: str

    @classmethod
    def new(cls, group_public_id: str = "") -> Self:
        return cls(group_public_id or public_id("grp"), public_id("ord"))


@dataclass(frozen=True)
class Seat:
    """A seat that is being taken. `shows_profile` is a consent; `price_fen` is for one piece; `needs`
    is by how many pieces the seat changes what begun groups need.

    Plain values instead of rows: building rows costs a join more than reading them.
    """

    group_id: int
    group_ref: str
    deadline_at: datetime | None
    campaign_id: int
    store_id: int
    limit_per_order: int
    limit_per_person: int
    user_id: int
    sku_id: int
    quantity: int
    price_fen: int
    needs: int
    is_leader: bool
    shows_profile: bool
    newcomers_only: bool = False
    takes_coupons: bool = False


@dataclass(frozen=True)
class Shown:
    """What the form said: the sum (None skips the comparison), and which discounts were chosen."""

    payable_fen: int | None = None
    wishes: Mapping[str, str] = field(default_factory=dict)


def seat_form_claim(joined: Joined, *, user_id: int, form_key: str, now: datetime) -> Joined | None:
    """None for a new form; otherwise what its first sender got.

    A key that was spent on a plain checkout leads to its order: that one has no group.
    """
    first = form_claim(
        owner=f"user:{user_id}",
        key=form_key,
        purpose="groupbuy",
        result={"group": joined.group_public_id, "order": joined.order_public_id},
        now=now,
    )
    return Joined(first.get("group", ""), first["order"]) if first is not None else None


def already_in(campaign_id: int, user_id: int) -> AlreadyIn | None:
    """The person's undecided seat in the campaign, as the refusal that names it."""
    member = (
        Member.objects.select_related("group", "order")
        .filter(
            campaign_id=campaign_id,
            user_id=user_id,
            state__in=[MemberState.RESERVED, MemberState.JOINED],
        )
        .first()
    )
    return AlreadyIn(member.group.public_id, member.order.public_id) if member else None


@contextmanager
def already_in_checked(campaign_id: int, user_id: int) -> Iterator[None]:
    """Around the whole transaction: the constraint's refusal becomes AlreadyIn."""
    try:
        yield
    except IntegrityError as error:
        if ONE_LIVE_GROUP not in str(error) and "groupbuy_one_live_seat" not in str(error):
            raise
        raise already_in(campaign_id, user_id) or AlreadyIn() from error


def order_for_seat(
    seat: Seat,
    *,
    order_public_id: str,
    address: AddressSnapshot,
    note: str,
    shown: Shown,
    now: datetime,
) -> None:
    """Place the seat's order; the member, the limits and the quota come at their place in it.

    Raises CampaignOver, LimitReached, NewcomersOnly, NewcomerSeatTaken, NoNewGroup, QuotaGone,
    SoldOut, and whatever `order_place` raises.
    """
    if seat.quantity > seat.limit_per_order:
        raise LimitReached(seat.limit_per_order, per_order=True)

    def claim(order: Any) -> None:
        _member_new(seat, order, now=now)
        if seat.newcomers_only and not seat.is_leader:
            newcomer_check(seat.user_id, seat.store_id, seat.campaign_id)
        if not quota_take(
            campaign_id=seat.campaign_id,
            quantity=seat.quantity,
            needs=seat.needs,
            leads=seat.is_leader,
        ):
            raise _quota_refusal(seat)

    try:
        order_place(
            buyer_id=seat.user_id,
            store_id=seat.store_id,
            items=[OrderItem(seat.sku_id, seat.quantity, seat.price_fen)],
            address=address,
            note=note,
            expected_payable_fen=shown.payable_fen,
            now=now,
            public_id=order_public_id,
            offer=Offer(
                kind=HOLD,
                ref=seat.group_ref,
                claim=claim,
                pay_before=seat.deadline_at,
                takes=CAMPAIGN_KINDS if seat.takes_coupons else (),
            ),
            wishes=shown.wishes,
        )
    except OutOfStock as error:
        raise SoldOut(str(error)) from error


def _quota_refusal(seat: Seat) -> JoinRefused:
    """Why the campaign did not give what it was asked for a moment ago."""
    campaign = GroupCampaign.objects.get(pk=seat.campaign_id)
    is_over = seat.is_leader and campaign.state != CampaignState.PUBLISHED
    if is_over or campaign.cancelled_at is not None:
        return CampaignOver()
    left, free = campaign.quota_left, max(campaign.quota_free, 0)
    if not seat.is_leader:
        return QuotaGone(min(left, free - seat.needs))
    if left and (seat.quantity <= free or free < campaign.enough):
        return NoNewGroup(free - campaign.enough + 1)
    return QuotaGone(free)


def _member_new(seat: Seat, order: Any, *, now: datetime) -> None:
    """Write the member, then look at the person's limit: the row's unique constraint makes the same
    person's seats wait in line. Raises LimitReached."""
    member = Member(
        store_id=seat.store_id,
        campaign_id=seat.campaign_id,
        group_id=seat.group_id,
        user_id=seat.user_id,
        order=order,
        is_leader=seat.is_leader,
        quantity=seat.quantity,
        shows_profile=seat.shows_profile,
        reserved_at=now,
    )
    mine = {"campaign": seat.campaign_id, "user": seat.user_id, "live": list(LIVE_MEMBER)}
    with connection.cursor() as cursor:
        run_together(cursor, [row_statement(member), (_TAKEN, mine)])
        ((taken,),) = cursor.fetchall()
    limit = seat.limit_per_person
    if taken > limit:
        raise LimitReached(max(limit - (taken - seat.quantity), 0), per_order=False)
    if seat.shows_profile:
        profile_show_consent(user_id=seat.user_id, now=now)
