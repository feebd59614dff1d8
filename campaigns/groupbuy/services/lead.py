"""Leading: a new group, whose clock starts when its leader has paid."""

from datetime import datetime

from django.db import transaction

from accounts.queries import AddressSnapshot
from campaigns.groupbuy.models import Group, GroupCampaign, GroupPrice
from campaigns.groupbuy.services.refusals import CampaignOver, NotInCampaign
from campaigns.groupbuy.services.taking import (
    Joined,
    Seat,
    Shown,
    already_in_checked,
    order_for_seat,
    seat_form_claim,
)
from campaigns.groupbuy.states import CampaignState
from catalog.queries import skus_for_sale


def group_lead(
    *,
    campaign_id: int,
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
    """Start a group: its first seat, the leader's order, payment, quota and stock, or nothing.

    `shows_profile` is the leader's consent to be shown on the group's page. The second sender of a
    form key gets the first one's result. Raises JoinRefused, and whatever `order_place` raises.
    """
    joined = Joined.new()
    with already_in_checked(campaign_id, user_id), transaction.atomic():
        first = seat_form_claim(joined, user_id=user_id, form_key=form_key, now=now)
        if first is not None:
            return first
        campaign, price_fen = _offer(campaign_id, sku_id, now=now)
        group = Group.objects.create(
            public_id=joined.group_public_id,
            store_id=campaign.store_id,
            campaign=campaign,
            leader_id=user_id,
            size=campaign.size,
            least=campaign.least_people,
            reserved=1,
            formed_at=now,
        )
        seat = Seat(
            group_id=group.pk,
            group_ref=group.public_id,
            deadline_at=None,
            campaign_id=campaign.pk,
            store_id=campaign.store_id,
            limit_per_order=campaign.limit_per_order,
            limit_per_person=campaign.limit_per_person,
            user_id=user_id,
            sku_id=sku_id,
            quantity=quantity,
            price_fen=price_fen,
            needs=group.needs,
            is_leader=True,
            shows_profile=shows_profile,
            takes_coupons=campaign.takes_coupons,
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


def _offer(campaign_id: int, sku_id: int, *, now: datetime) -> tuple[GroupCampaign, int]:
    """The running campaign and what its leader pays for the SKU: a list price that fell below the
    campaign's is the better one."""
    campaign = GroupCampaign.objects.filter(
        pk=campaign_id, state=CampaignState.PUBLISHED, starts_at__lte=now, ends_at__gt=now
    ).first()
    if campaign is None:
        raise CampaignOver
    price = GroupPrice.objects.filter(campaign=campaign, sku_id=sku_id).first()
    if price is None:
        raise NotInCampaign
    # A withdrawn product's open groups go on, but nobody starts a new one.
    sku = skus_for_sale([sku_id]).get(sku_id)
    if sku is None or not sku.on_sale:
        raise CampaignOver
    return campaign, min(price.lead_fen, sku.price_fen)
