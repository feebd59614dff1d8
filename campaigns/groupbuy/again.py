"""Where somebody goes on whose seat was lost, in one tap."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.groupbuy.counts import with_goods
from campaigns.groupbuy.joinable import open_groups
from campaigns.groupbuy.locks import LAST_CALL
from campaigns.groupbuy.models import Group, GroupCampaign, Member
from campaigns.groupbuy.queries import can_lead
from campaigns.groupbuy.services.newcomers import newcomer_refusal
from campaigns.groupbuy.services.taking import already_in
from campaigns.groupbuy.states import GroupState
from orders.queries import sku_bought


@dataclass(frozen=True)
class WayOn:
    """The form to join `group`, or to lead a group of `product`; with neither, the page of a group is
    all there is. `sku` and `quantity` are what the lost seat was for, "" and 0 when that is unknown.
    """

    group: str = ""
    product: str = ""
    page: str = ""
    sku: str = ""
    quantity: int = 0


def way_on(public_id: str, user_id: int | None, *, now: datetime) -> WayOn | None:
    """The way on from a group; None for an unknown one. The same group while it takes people, then
    the one that lacks fewest, then a new one; whoever already has a seat is led to that."""
    groups = with_goods(Group.objects.select_related("campaign__product"))
    group: Any = groups.filter(public_id=public_id).first()
    if group is None:
        return None
    campaign = group.campaign
    mine = already_in(campaign.pk, user_id) if user_id is not None else None
    if mine is not None:
        return WayOn(page=mine.group_public_id)
    sku, quantity = _lost(group, user_id) if user_id is not None else ("", 0)
    if user_id is None or not campaign.newcomers_only or _is_new(campaign, user_id):
        others = open_groups(campaign.pk, now=now, limit=1, without=public_id)
        found = public_id if _takes_people(group, now=now) else ""
        if found or others:
            return WayOn(group=found or others[0].public_id, sku=sku, quantity=quantity)
    if can_lead(group, now=now):
        return WayOn(product=campaign.product.public_id, sku=sku, quantity=quantity)
    return WayOn(page=public_id)


def _takes_people(group: Any, *, now: datetime) -> bool:
    in_time = group.deadline_at is not None and group.deadline_at > now + LAST_CALL
    left = group.seats_left > 0 and group.has_quota and group.in_stock
    return bool(group.state == GroupState.OPEN and in_time and left)


def _is_new(campaign: GroupCampaign, user_id: int) -> bool:
    return newcomer_refusal(user_id, campaign.store_id, campaign.pk) is None


def _lost(group: Group, user_id: int) -> tuple[str, int]:
    """What the person's newest seat in the group was for."""
    member = Member.objects.filter(group=group, user_id=user_id).order_by("-pk").first()
    return (sku_bought(member.order_id), member.quantity) if member else ("", 0)
