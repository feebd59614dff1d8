"""Reads for the forms to lead and to join (the campaign's terms, and what may be chosen), and for
the page of a group that its leader has not paid for."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Sum

from campaigns.groupbuy.counts import with_goods
from campaigns.groupbuy.deals import Deal, tiers_of
from campaigns.groupbuy.locks import LAST_CALL
from campaigns.groupbuy.models import Group, GroupCampaign, Member
from campaigns.groupbuy.queries import can_lead
from campaigns.groupbuy.services import (
    CampaignOver,
    GroupFull,
    GroupOver,
    JoinRefused,
    LimitReached,
    NoNewGroup,
    QuotaGone,
    TooLate,
)
from campaigns.groupbuy.services.newcomers import newcomer_refusal
from campaigns.groupbuy.services.taking import already_in
from campaigns.groupbuy.states import LIVE_MEMBER, CampaignState, GroupState
from catalog.queries import SkuForSale, skus_for_sale
from core.prepared import Prepared


@dataclass(frozen=True)
class PricedSku:
    """A SKU of the campaign and what this seat pays for it. `member_fen` is what everybody but the
    leader pays."""

    sku: SkuForSale
    price_fen: int
    member_fen: int


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
    group_public_id: str = ""
    group_state: str = ""
    seats_left: int = 0
    deadline_at: datetime | None = None
    newcomers_only: bool = False
    takes_coupons: bool = False
    skus: tuple[PricedSku, ...] = ()
    deal: Deal | None = None

    @property
    def leader_saves_fen(self) -> int:
        """The most that leading saves on one piece against joining; 0 when this is not leading."""
        return max((one.member_fen - one.price_fen for one in self.skus), default=0)


@dataclass(frozen=True)
class Unopened:
    """A group that its leader has not paid for: nobody is in it, and nobody can join yet.

    `is_over` when it never will open: the leader's order was closed unpaid, or the merchant gave it up,
    whose `fail_reason` it then has.
    """

    public_id: str
    campaign_id: int
    store_id: int
    product_id: int
    product_public_id: str
    size: int
    is_over: bool
    fail_reason: str
    can_lead: bool


def group_unopened(public_id: str, *, now: datetime) -> Unopened | None:
    """A group before its leader's payment, in one query; None for every other one."""
    groups = with_goods(Group.objects.select_related("campaign", "campaign__product"))
    group = groups.filter(
        public_id=public_id, state__in=[GroupState.FORMING, GroupState.ABANDONED]
    ).first()
    if group is None:
        return None
    is_waiting = group.state == GroupState.FORMING
    return Unopened(
        public_id=group.public_id,
        campaign_id=group.campaign_id,
        store_id=group.store_id,
        product_id=group.campaign.product_id,
        product_public_id=group.campaign.product.public_id,
        size=group.size,
        is_over=group.is_over,
        fail_reason=group.fail_reason or (group.campaign.cancel_reason if is_waiting else ""),
        can_lead=can_lead(group, now=now),
    )


# By hand, because every form reads them: building them costs more than running them.
_TERMS = """
    SELECT c.id, c.store_id, product.public_id, {size}, c.hours, c.limit_per_order,
        c.limit_per_person, {group}, c.newcomers_only, c.takes_coupons,
        CASE WHEN c.ending <> 'refund' THEN c.least END, c.ending = 'ladder',
        ARRAY(SELECT sku_id FROM groupbuy_groupprice WHERE campaign_id = c.id ORDER BY sku_id),
        ARRAY(SELECT price_fen FROM groupbuy_groupprice WHERE campaign_id = c.id ORDER BY sku_id),
        ARRAY(SELECT COALESCE({pays}, price_fen) FROM groupbuy_groupprice
            WHERE campaign_id = c.id ORDER BY sku_id)
    FROM {tables}
    JOIN catalog_product product ON product.id = c.product_id WHERE {condition} LIMIT 1
"""
_TO_LEAD = Prepared(
    "groupbuy_terms_to_lead",
    _TERMS.format(
        size="c.size",
        group="'', '', 0, NULL::timestamptz",
        pays="leader_fen",
        tables="groupbuy_groupcampaign c",
        condition="product.public_id = %(ref)s AND c.state <> 'draft'"
        " ORDER BY c.published_at DESC, c.id DESC",
    ),
)
_TO_JOIN = Prepared(
    "groupbuy_terms_to_join",
    _TERMS.format(
        size="g.size",
        group="g.public_id, g.state, g.size - g.reserved - g.joined - g.confirmed, g.deadline_at",
        pays="NULL",
        tables="groupbuy_group g JOIN groupbuy_groupcampaign c ON c.id = g.campaign_id",
        condition="g.public_id = %(ref)s",
    ),
)


def terms_to_lead(product_public_id: str) -> Terms | None:
    """The terms of the product's newest campaign that was ever published."""
    return _terms(_TO_LEAD, product_public_id)


def terms_to_join(group_public_id: str) -> Terms | None:
    """The terms of a group."""
    return _terms(_TO_JOIN, group_public_id)


def _terms(statement: Prepared, public_id: str) -> Terms | None:
    row = statement.row({"ref": public_id})
    if row is None:
        return None
    *known, least, has_ladder, sku_ids, members_fen, pays_fen = row
    terms = Terms(*known)
    skus, prices = skus_for_sale(sku_ids), zip(sku_ids, members_fen, pays_fen, strict=True)
    return replace(
        terms,
        # A list price that fell below the campaign's is the better one.
        skus=tuple(
            PricedSku(skus[pk], min(fen, skus[pk].price_fen), min(member, skus[pk].price_fen))
            for pk, member, fen in prices
        ),
        deal=Deal(
            size=terms.size,
            hours=terms.hours,
            least=least,
            tiers=tiers_of(terms.campaign_id) if has_ladder else (),
            newcomers_only=terms.newcomers_only,
        ),
    )


def lead_refusal(campaign_id: int, user_id: int, *, now: datetime) -> JoinRefused | None:
    """Why the person could not lead now, whatever is typed in the form."""
    campaign = GroupCampaign.objects.filter(
        pk=campaign_id, state=CampaignState.PUBLISHED, starts_at__lte=now, ends_at__gt=now
    ).first()
    if campaign is None:
        return CampaignOver()
    mine = already_in(campaign_id, user_id)
    refusal = mine or _nothing_left(campaign, user_id, left=campaign.quota_left)
    if refusal is None and campaign.quota_free < campaign.enough:
        return NoNewGroup(0)
    return refusal


def may_lead(product_public_id: str, user_id: int, *, now: datetime) -> bool:
    """Whether the form to lead a group of the product lets the person in, in a store that takes
    orders."""
    terms = terms_to_lead(product_public_id)
    if terms is None or not any(one.sku.on_sale and one.sku.available > 0 for one in terms.skus):
        return False
    return lead_refusal(terms.campaign_id, user_id, now=now) is None


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
    campaign = GroupCampaign.objects.get(pk=terms.campaign_id)
    if campaign.cancelled_at is not None:
        return CampaignOver()
    known = None
    if terms.newcomers_only:
        known = newcomer_refusal(user_id, terms.store_id, terms.campaign_id)
    is_needed = terms.size - terms.seats_left < campaign.enough
    left = campaign.quota_left if is_needed else campaign.quota_free
    return known or _nothing_left(campaign, user_id, left=left)


def _nothing_left(campaign: GroupCampaign, user_id: int, *, left: int) -> JoinRefused | None:
    """Whether the campaign has nothing `left`, or nothing for this person."""
    if left < 1:
        return QuotaGone(0)
    mine = Member.objects.filter(
        campaign=campaign, user_id=user_id, state__in=LIVE_MEMBER, returned_at=None
    )
    taken = mine.aggregate(taken=Sum("quantity", default=0))["taken"]
    return LimitReached(0, per_order=False) if taken >= campaign.limit_per_person else None
