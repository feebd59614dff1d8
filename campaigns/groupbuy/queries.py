"""Reads of group-buy for pages, shelves and the office."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    F,
    Max,
    Min,
    QuerySet,
    When,
    Window,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Least, RowNumber

from campaigns.groupbuy.counts import can_be_had, in_stock, missing_people, with_goods
from campaigns.groupbuy.deals import Deal, deal_of
from campaigns.groupbuy.faces import Face, faces_of
from campaigns.groupbuy.locks import LAST_CALL
from campaigns.groupbuy.models import Group, GroupCampaign, GroupPrice, Member
from campaigns.groupbuy.states import LIVE_MEMBER, CampaignState, GroupState, MemberState
from catalog.queries import on_sale_now
from core.prepared import Prepared

ABOUT_TO_FAIL = timedelta(hours=2)


@dataclass(frozen=True)
class OfferCard:
    """A product's running campaign. `prices` maps SKU ids to fen, `leader_prices` those that the
    leader pays less for; `in_stock` while any of them can be had, which nothing can of a store that
    rests, and `can_lead` when its product is on sale and its quota could then fill another group."""

    campaign_id: int
    public_id: str
    size: int
    hours: int
    limit_per_person: int
    limit_per_order: int
    quota_left: int
    ends_at: datetime
    prices: dict[int, int]
    leader_prices: dict[int, int]
    deal: Deal
    in_stock: bool
    can_lead: bool

    @property
    def from_fen(self) -> int:
        return min(self.prices.values())

    @property
    def lead_from_fen(self) -> int:
        """The least that leading costs."""
        return min({**self.prices, **self.leader_prices}.values())


@dataclass(frozen=True)
class ShelfOffer:
    """A product's group price as a list of products shows it."""

    size: int
    from_fen: int


@dataclass(frozen=True)
class GroupBoard:
    """Everything that the public page of a group shows about it: `missing` more must pay for it to
    succeed, `seats_left` may be taken."""

    public_id: str
    campaign_id: int
    store_id: int
    product_id: int
    product_public_id: str
    state: str
    state_label: str
    size: int
    hours: int
    limit_per_person: int
    limit_per_order: int
    leader_saves_fen: int
    from_fen: int
    lead_from_fen: int
    seats_left: int
    faces: tuple[Face, ...]
    empty_seats: range
    deadline_at: datetime | None
    succeeded_at: datetime | None
    fail_reason: str
    can_join: bool
    is_being_cancelled: bool
    is_resting: bool
    is_quota_gone: bool
    is_sold_out: bool
    is_too_late: bool
    can_lead: bool
    is_paid_back: bool
    deal: Deal
    confirmed: int
    off_fen: int
    missing: int

    @property
    def wanted(self) -> str:
        """Whom it waits for, in words."""
        return self.deal.wanted(missing=self.missing, left=self.seats_left)


@dataclass(frozen=True)
class GroupMine:
    """The reader's own seat. `order_state` says more than the seat once its group has succeeded;
    `is_left_after_it` when the seat was given up because its group was over."""

    state: str
    state_label: str
    is_leader: bool
    order_public_id: str
    order_state: str
    group_public_id: str
    is_group_over: bool
    is_left_after_it: bool

    @property
    def is_stranded(self) -> bool:
        """Not paid, and its group cannot take it any more: there is nothing to pay. It stays reserved
        until its order is closed, or until its money comes and goes back."""
        return self.state == MemberState.RESERVED and self.is_group_over

    @property
    def is_lost(self) -> bool:
        """Whether whoever had it may want another one."""
        return self.state in (MemberState.RELEASED, MemberState.REFUNDING, MemberState.REFUNDED)

    @property
    def is_called_off(self) -> bool:
        """Its group succeeded, and then its merchant could not deliver: the money goes back."""
        return self.state == MemberState.CONFIRMED and self.order_state == "cancelled"


@dataclass(frozen=True)
class GroupToJoin:
    """What a join needs of a group and its campaign.

    `price_fen` is the campaign's price, or the list price once that is lower; None for a SKU that the
    campaign has no price for. The rest was settled when the group opened.
    """

    group_id: int
    deadline_at: datetime | None
    store_id: int
    campaign_id: int
    limit_per_order: int
    limit_per_person: int
    newcomers_only: bool
    takes_coupons: bool
    price_fen: int | None


# By hand, because every join reads it: building it costs more than running it.
_GROUP_TO_JOIN = Prepared(
    "groupbuy_group_to_join",
    """
    SELECT g.id, g.deadline_at, g.store_id, g.campaign_id, c.limit_per_order, c.limit_per_person,
        c.newcomers_only, c.takes_coupons, LEAST(price.price_fen, sku.price_fen)
    FROM groupbuy_group g JOIN groupbuy_groupcampaign c ON c.id = g.campaign_id
        LEFT JOIN groupbuy_groupprice price ON price.campaign_id = c.id AND price.sku_id = %(sku)s
        LEFT JOIN catalog_sku sku ON sku.id = price.sku_id
    WHERE g.public_id = %(group)s
    """,
)


def group_to_join(public_id: str, sku_id: int) -> GroupToJoin | None:
    """A group in any state, in one query; None for an unknown one."""
    row = _GROUP_TO_JOIN.row({"sku": sku_id, "group": public_id})
    return GroupToJoin(*row) if row else None


def group_board(public_id: str, *, now: datetime) -> GroupBoard | None:
    """A group that its leader has paid for, in four queries; None for others."""
    group: Any = (
        with_goods(Group.objects.select_related("campaign", "campaign__product"))
        .exclude(state__in=[GroupState.FORMING, GroupState.ABANDONED])
        .filter(public_id=public_id)
        .annotate(
            from_fen=Min(_price("campaign__prices__")),
            lead_from_fen=Min(_lead_price("campaign__prices__")),
            leader_saves_fen=Max(_price("campaign__prices__") - _lead_price("campaign__prices__")),
        )
        .first()
    )
    if group is None:
        return None
    campaign = group.campaign
    is_open = group.state == GroupState.OPEN
    in_time = group.deadline_at is not None and group.deadline_at > now + LAST_CALL
    is_being_cancelled = is_open and campaign.cancelled_at is not None
    is_free = is_open and in_time and group.seats_left > 0 and not is_being_cancelled
    is_resting = is_free and not group.takes_orders
    # What a store that rests lacks besides is not what keeps people out.
    is_free = is_free and not is_resting
    members = _shown(group)
    faces = faces_of(members[: group.size])
    return GroupBoard(
        public_id=group.public_id,
        campaign_id=campaign.pk,
        store_id=group.store_id,
        product_id=campaign.product_id,
        product_public_id=campaign.product.public_id,
        state=group.state,
        state_label=str(GroupState(group.state).label),
        size=group.size,
        hours=campaign.hours,
        limit_per_person=campaign.limit_per_person,
        limit_per_order=campaign.limit_per_order,
        leader_saves_fen=group.leader_saves_fen or 0,
        from_fen=group.from_fen or 0,
        lead_from_fen=group.lead_from_fen or 0,
        seats_left=group.seats_left,
        faces=faces,
        empty_seats=range(0 if group.is_over else max(group.size - len(faces), 0)),
        deadline_at=group.deadline_at,
        succeeded_at=group.succeeded_at,
        fail_reason=campaign.cancel_reason if is_being_cancelled else group.fail_reason,
        can_join=is_free and group.has_quota and group.in_stock,
        is_being_cancelled=is_being_cancelled,
        is_resting=is_resting,
        is_quota_gone=is_free and not group.has_quota,
        is_sold_out=is_free and group.has_quota and not group.in_stock,
        is_too_late=is_open and not in_time,
        can_lead=can_lead(group, now=now),
        is_paid_back=not any(member.state == MemberState.REFUNDING for member in members),
        deal=deal_of(campaign, size=group.size),
        confirmed=group.confirmed,
        off_fen=group.off_fen,
        missing=group.missing,
    )


def group_mine(public_id: str, user_id: int) -> GroupMine | None:
    """The person's newest seat in the group."""
    return _mine(Member.objects.filter(group__public_id=public_id, user_id=user_id))


def product_mine(product_id: int, user_id: int) -> GroupMine | None:
    """The person's undecided seat in a group of the product."""
    return _mine(
        Member.objects.filter(
            campaign__product_id=product_id,
            user_id=user_id,
            state__in=[MemberState.RESERVED, MemberState.JOINED],
        )
    )


def campaign_for_product(product_id: int, *, now: datetime) -> OfferCard | None:
    """The product's running campaign with its prices, in two queries."""
    campaign = (
        _running(product_id, now=now)
        .annotate(in_stock=in_stock("pk"), on_sale=on_sale_now("product__"))
        .first()
    )
    if campaign is None:
        return None
    rows = list(campaign.prices.annotate(now_fen=_price(), lead_now_fen=_lead_price()))
    if not rows:
        return None
    return OfferCard(
        campaign_id=campaign.pk,
        public_id=campaign.public_id,
        size=campaign.size,
        hours=campaign.hours,
        limit_per_person=campaign.limit_per_person,
        limit_per_order=campaign.limit_per_order,
        quota_left=campaign.quota_left,
        ends_at=campaign.ends_at,
        prices={row.sku_id: row.now_fen for row in rows},
        leader_prices={
            row.sku_id: row.lead_now_fen for row in rows if row.lead_now_fen < row.now_fen
        },
        deal=deal_of(campaign),
        in_stock=campaign.in_stock,
        can_lead=campaign.in_stock and campaign.on_sale and campaign.quota_free >= campaign.enough,
    )


def has_campaign(product_id: int, *, now: datetime) -> bool:
    """Whether a campaign of the product is running."""
    return _running(product_id, now=now).exists()


def _running(product_id: int, *, now: datetime) -> QuerySet[GroupCampaign]:
    return GroupCampaign.objects.filter(
        product_id=product_id,
        state=CampaignState.PUBLISHED,
        starts_at__lte=now,
        ends_at__gt=now,
    )


def shelf_offers(product_ids: Iterable[int], *, now: datetime) -> dict[int, ShelfOffer]:
    """Running campaigns that could fill another group, of many products by product id, in one
    query; SKUs that cannot be had are left out."""
    rows = GroupPrice.objects.filter(
        can_be_had(),
        campaign__product_id__in=list(product_ids),
        campaign__state=CampaignState.PUBLISHED,
        campaign__starts_at__lte=now,
        campaign__ends_at__gt=now,
        campaign__quota__gte=_spoken_for("campaign__") + _enough("campaign__"),
    )
    grouped = rows.values("campaign__product_id", "campaign__size").annotate(low=Min(_price()))
    return {
        row["campaign__product_id"]: ShelfOffer(row["campaign__size"], row["low"])
        for row in grouped
    }


def products_on_offer(*, now: datetime, limit: int = 6) -> list[int]:
    """Products whose campaigns run now in open stores: each store's first before any's second."""
    rows = GroupCampaign.objects.filter(
        in_stock("pk"),
        on_sale_now("product__"),
        state=CampaignState.PUBLISHED,
        starts_at__lte=now,
        ends_at__gt=now,
        quota__gte=_spoken_for() + _enough(),
    )
    turn = Window(RowNumber(), partition_by=F("store_id"), order_by=[F("ends_at"), F("id")])
    ordered = rows.annotate(turn=turn).order_by("turn", "ends_at", "id")
    return list(ordered.values_list("product_id", flat=True)[:limit])


def groups_about_to_fail(store_id: int | None, *, now: datetime) -> int:
    """Open groups, of one store or of all, that end within two hours and still lack people."""
    due = Group.objects.filter(state=GroupState.OPEN, deadline_at__lt=now + ABOUT_TO_FAIL)
    rows = due.alias(lacks=missing_people()).filter(lacks__gt=0)
    return (rows if store_id is None else rows.filter(store_id=store_id)).count()


def _price(to: str = "") -> Least:
    """What a piece costs: a list price that fell below the campaign's is the better one. `to` leads
    to the campaign's prices."""
    return Least(F(f"{to}price_fen"), F(f"{to}sku__price_fen"))


def _lead_price(to: str = "") -> Least:
    """What a piece costs whoever leads."""
    own = Coalesce(F(f"{to}leader_fen"), F(f"{to}price_fen"))
    return Least(own, F(f"{to}sku__price_fen"))


def _spoken_for(to: str = "") -> CombinedExpression:
    """The pieces of a campaign that are taken, or kept for groups that have begun."""
    return F(f"{to}quota_used") + F(f"{to}quota_needed")


def _enough(to: str = "") -> Case:
    """How many pieces another group of a campaign needs at least."""
    all_of_them = When(**{f"{to}ending": GroupCampaign.Ending.REFUND}, then=F(f"{to}size"))
    return Case(all_of_them, default=F(f"{to}least"))


def can_lead(group: Any, *, now: datetime) -> bool:
    """Whether somebody could start another group of its campaign now: that runs, as much of its quota
    is free as a group needs, and there are goods. Needs the campaign and `counts.with_goods`."""
    campaign: GroupCampaign = group.campaign
    runs = campaign.state == CampaignState.PUBLISHED and campaign.starts_at <= now
    left = campaign.quota_free >= campaign.enough and group.in_stock and group.on_sale
    return bool(runs and now < campaign.ends_at and left)


def _shown(group: Group) -> list[Member]:
    """Who is in, the leader first; of a group that failed, everybody who had been: those whose money
    goes back, which may be more people than it has seats."""
    states = list(LIVE_MEMBER)
    if group.state == GroupState.FAILED:
        states += [MemberState.REFUNDING, MemberState.REFUNDED]
    return list(group.members.filter(state__in=states).order_by("-is_leader", "reserved_at"))


def _mine(rows: QuerySet[Member]) -> GroupMine | None:
    member = rows.select_related("group__campaign", "order").order_by("-pk").first()
    if member is None:
        return None
    return GroupMine(
        state=member.state,
        state_label=str(MemberState(member.state).label),
        is_leader=member.is_leader,
        order_public_id=member.order.public_id,
        order_state=member.order.state,
        group_public_id=member.group.public_id,
        is_group_over=member.group.is_over,
        is_left_after_it=_left_after(member, member.group),
    )


def _left_after(member: Member, group: Group) -> bool:
    """Whether the seat's group was over before the seat was given up."""
    if member.left_at is None:
        return False
    if member.is_leader and group.state == GroupState.ABANDONED:
        return bool(group.fail_reason)
    ended_at = group.failed_at or group.succeeded_at
    return ended_at is not None and member.left_at >= ended_at
