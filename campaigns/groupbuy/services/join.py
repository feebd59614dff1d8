"""Joining an open group: one transaction down the lock sequence.

form key → group (a seat) → order → payment → member, campaign quota → SKUs
"""

from datetime import datetime

from django.db import transaction

from accounts.queries import AddressSnapshot
from campaigns.groupbuy.locks import LAST_CALL, seat_take
from campaigns.groupbuy.models import Group
from campaigns.groupbuy.queries import group_to_join
from campaigns.groupbuy.services.refusals import (
    GroupFull,
    GroupOver,
    JoinRefused,
    NotInCampaign,
    TooLate,
)
from campaigns.groupbuy.services.taking import (
    Joined,
    Seat,
    Shown,
    already_in,
    already_in_checked,
    order_for_seat,
    seat_form_claim,
)
from campaigns.groupbuy.states import GroupState


def group_join(
    *,
    group_public_id: str,
    user_id: int,
    sku_id: int,
    quantity: int,
    address: AddressSnapshot,
    note: str,
    shows_profile: bool,
    shown: Shown,
    form_key: str,
    now: datetime,
) -> Joined:
    """Take a seat in an open group, with its order, payment, quota and stock, or nothing at all.

    The seat is held until the order's payment window ends, at most until the group's deadline.
    `shows_profile` is the shopper's consent to be shown on the group's page. The second sender of a
    form key gets the first one's result. Raises JoinRefused, and whatever `order_place` raises.
    """
    joined = Joined.new(group_public_id)
    found = group_to_join(group_public_id, sku_id)
    if found is None:
        raise GroupOver
    with already_in_checked(found.campaign_id, user_id), transaction.atomic():
        first = seat_form_claim(joined, user_id=user_id, form_key=form_key, now=now)
        if first is not None:
            return first
        needs = seat_take(group_id=found.group_id, now=now)
        if needs is None:
            raise _refusal(found.group_id, user_id, now=now)
        if found.price_fen is None:
            raise NotInCampaign
        seat = Seat(
            group_id=found.group_id,
            group_ref=group_public_id,
            deadline_at=found.deadline_at,
            campaign_id=found.campaign_id,
            store_id=found.store_id,
            limit_per_order=found.limit_per_order,
            limit_per_person=found.limit_per_person,
            user_id=user_id,
            sku_id=sku_id,
            quantity=quantity,
            price_fen=found.price_fen,
            needs=needs,
            is_leader=False,
            shows_profile=shows_profile,
            newcomers_only=found.newcomers_only,
            takes_coupons=found.takes_coupons,
        )
        order_for_seat(
            seat,
            order_public_id=joined.order_public_id,
            address=address,
            note=note,
            shown=shown,
            now=now,
        )
    return joined


def _refusal(group_id: int, user_id: int, *, now: datetime) -> JoinRefused:
    """Why no seat could be taken a moment ago."""
    group = Group.objects.get(pk=group_id)
    if (mine := already_in(group.campaign_id, user_id)) is not None:
        return mine
    if group.state != GroupState.OPEN or group.deadline_at is None:
        return GroupOver()
    if group.deadline_at <= now + LAST_CALL:
        return TooLate()
    return GroupFull()
