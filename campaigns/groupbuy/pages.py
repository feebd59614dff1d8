"""Reads for the forms to lead and to join (the campaign's terms, and what may be chosen), and for
the page of a group that its leader has not paid for."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from campaigns.groupbuy.locks import LAST_CALL
from campaigns.groupbuy.models import Group, GroupCampaign, Member
from campaigns.groupbuy.queries import can_lead
from campaigns.groupbuy.services import (
    CampaignOver,
    GroupFull,
    GroupOver,
    JoinRefused,
    LimitReached,
    QuotaGone,
    TooLate,
)
from campaigns.groupbuy.services.seats import already_in
from campaigns.groupbuy.states import LIVE_MEMBER, CampaignState, GroupState
from catalog.queries import SkuForSale, skus_for_sale


@dataclass(frozen=True)
class PricedSku:
    """A SKU of the campaign and its group price."""

    sku: SkuForSale
    price_fen: int


@dataclass(frozen=True)
class Terms:
    """What somebody who leads or joins agrees to. Without a group, it is to be led."""

    campaign_id: int
    store_id: int
    product_public_id: str
    size: int
    hours: int
    limit_per_order: int
    limit_per_person: int
    skus: tuple[PricedSku, ...]
    group_public_id: str = ""
    group_state: str = ""
    seats_left: int = 0
    deadline_at: datetime | None = None


@dataclass(frozen=True)
class Unopened:
    """A group that its leader has not paid for: nobody is in it, and nobody can join yet.

    `is_over` when the leader's order was closed unpaid, so that it never will open.
    """

    public_id: str
    campaign_id: int
    store_id: int
    product_id: int
    size: int
    is_over: bool
    can_lead: bool


def group_unopened(public_id: str, *, now: datetime) -> Unopened | None:
    """A group before its leader's payment, in one query; None for every other one."""
    group = (
        Group.objects.select_related("campaign", "campaign__product")
        .filter(public_id=public_id, state__in=[GroupState.FORMING, GroupState.ABANDONED])
        .first()
    )
    if group is None:
        return None
    return Unopened(
        public_id=group.public_id,
        campaign_id=group.campaign_id,
        store_id=group.store_id,
        product_id=group.campaign.product_id,
        size=group.size,
        is_over=group.state == GroupState.ABANDONED,
        can_lead=can_lead(group.campaign, now=now),
    )


def terms_to_lead(product_public_id: str) -> Terms | None:
    """The terms of the product's newest campaign that was ever published."""
    campaign = (
        GroupCampaign.objects.filter(product__public_id=product_public_id)
        .exclude(state=CampaignState.DRAFT)
        .select_related("product")
        .order_by("-published_at", "-id")
        .first()
    )
    return _terms(campaign) if campaign else None


def terms_to_join(group_public_id: str) -> Terms | None:
    """The terms of a group."""
    group = (
        Group.objects.filter(public_id=group_public_id)
        .select_related("campaign", "campaign__product")
        .first()
    )
    return _terms(group.campaign, group) if group else None


def lead_refusal(campaign_id: int, user_id: int, *, now: datetime) -> JoinRefused | None:
    """Why the person could not lead now, whatever is typed in the form."""
    campaign = GroupCampaign.objects.filter(
        pk=campaign_id, state=CampaignState.PUBLISHED, starts_at__lte=now, ends_at__gt=now
    ).first()
    if campaign is None:
        return CampaignOver()
    return already_in(campaign_id, user_id) or _nothing_left(campaign, user_id)


def join_refusal(terms: Terms, user_id: int, *, now: datetime) -> JoinRefused | None:
    """Why the person could not join now, whatever is typed in the form."""
    mine = already_in(terms.campaign_id, user_id)
    if mine is not None:
        return mine
    if terms.group_state != GroupState.OPEN or terms.deadline_at is None:
        return GroupOver()
    if terms.deadline_at <= now + LAST_CALL:
        return TooLate()
    if terms.seats_left < 1:
        return GroupFull()
    return _nothing_left(GroupCampaign.objects.get(pk=terms.campaign_id), user_id)


def _nothing_left(campaign: GroupCampaign, user_id: int) -> JoinRefused | None:
    """Whether the campaign has nothing left, or nothing for this person."""
    if campaign.quota_left < 1:
        return QuotaGone(0)
    mine = Member.objects.filter(campaign=campaign, user_id=user_id, state__in=LIVE_MEMBER)
    taken = mine.aggregate(taken=Sum("quantity", default=0))["taken"]
    return LimitReached(0, per_order=False) if taken >= campaign.limit_per_person else None


def _terms(campaign: GroupCampaign, group: Group | None = None) -> Terms:
    prices = dict(campaign.prices.values_list("sku_id", "price_fen"))
    skus = skus_for_sale(prices)
    return Terms(
        campaign_id=campaign.pk,
        store_id=campaign.store_id,
        product_public_id=campaign.product.public_id,
        size=group.size if group else campaign.size,
        hours=campaign.hours,
        limit_per_order=campaign.limit_per_order,
        limit_per_person=campaign.limit_per_person,
        skus=tuple(PricedSku(sku, prices[sku.id]) for sku in skus.values()),
        group_public_id=group.public_id if group else "",
        group_state=group.state if group else "",
        seats_left=group.seats_left if group else 0,
        deadline_at=group.deadline_at if group else None,
    )
