"""Reads of group-buy for pages, shelves and the office."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from accounts.queries import Profile, profiles
from campaigns.groupbuy.deals import Deal, deal_of
from campaigns.groupbuy.locks import LAST_CALL
from campaigns.groupbuy.models import Group, GroupCampaign, GroupPrice, Member
from campaigns.groupbuy.states import LIVE_MEMBER, CampaignState, GroupState, MemberState
from sharing.queries import tied_to

ABOUT_TO_FAIL = timedelta(hours=2)


@dataclass(frozen=True)
class Face:
    """A taken seat as strangers may see it: nothing of the person without their consent."""

    name: str
    avatar: str
    is_leader: bool
    is_paid: bool


@dataclass(frozen=True)
class OpenGroup:
    """A group that somebody could join now."""

    public_id: str
    leader: Face
    size: int
    seats_left: int
    deadline_at: datetime


@dataclass(frozen=True)
class AcquaintedGroup:
    """A group that somebody could join now, and whom they know in it."""

    public_id: str
    face: Face
    seats_left: int
    deadline_at: datetime


@dataclass(frozen=True)
class OfferCard:
    """A product's running campaign. `prices` maps SKU ids to fen, `leader_prices` those that the
    leader pays less for."""

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
    group_count: int
    deal: Deal

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
    """Everything that the public page of a group shows about it."""

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
    is_too_late: bool
    can_lead: bool
    is_paid_back: bool
    deal: Deal
    confirmed: int
    off_fen: int
    has_enough: bool


@dataclass(frozen=True)
class GroupMine:
    """The reader's own seat."""

    state: str
    state_label: str
    is_leader: bool
    order_public_id: str
    order_state: str
    group_public_id: str


@dataclass(frozen=True)
class GroupToJoin:
    """What a join needs of a group and its campaign, all of it settled when the group opened.

    `price_fen` is None for a SKU that the campaign has no price for.
    """

    group_id: int
    deadline_at: datetime | None
    store_id: int
    campaign_id: int
    limit_per_order: int
    limit_per_person: int
    newcomers_only: bool
    price_fen: int | None


# By hand, because every join reads it: building it costs more than running it.
_GROUP_TO_JOIN = """
    SELECT g.id, g.deadline_at, g.store_id, g.campaign_id, c.limit_per_order, c.limit_per_person,
        c.newcomers_only, price.price_fen
    FROM groupbuy_group g JOIN groupbuy_groupcampaign c ON c.id = g.campaign_id
        LEFT JOIN groupbuy_groupprice price ON price.campaign_id = c.id AND price.sku_id = %s
    WHERE g.public_id = %s
"""


def group_to_join(public_id: str, sku_id: int) -> GroupToJoin | None:
    """A group in any state, in one query; None for an unknown one."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUP_TO_JOIN, [sku_id, public_id])
        row = cursor.fetchone()
    return GroupToJoin(*row) if row else None


def group_board(public_id: str, *, now: datetime) -> GroupBoard | None:
    """A group that its leader has paid for, in four queries; None for others."""
    group = (
        Group.objects.select_related("campaign", "campaign__product")
        .exclude(state__in=[GroupState.FORMING, GroupState.ABANDONED])
        .filter(public_id=public_id)
        .annotate(
            from_fen=Min("campaign__prices__price_fen"),
            lead_from_fen=Min(
                Coalesce("campaign__prices__leader_fen", "campaign__prices__price_fen")
            ),
            leader_saves_fen=Max(
                F("campaign__prices__price_fen") - F("campaign__prices__leader_fen")
            ),
        )
        .first()
    )
    if group is None:
        return None
    campaign = group.campaign
    is_open = group.state == GroupState.OPEN
    in_time = group.deadline_at is not None and group.deadline_at > now + LAST_CALL
    members = _shown(group)
    faces = _faces(members)
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
        empty_seats=range(max(group.size - len(faces), 0) if is_open else 0),
        deadline_at=group.deadline_at,
        succeeded_at=group.succeeded_at,
        fail_reason=group.fail_reason,
        can_join=is_open and in_time and group.seats_left > 0 and campaign.quota_left > 0,
        is_too_late=is_open and not in_time,
        can_lead=can_lead(campaign, now=now),
        is_paid_back=not any(member.state == MemberState.REFUNDING for member in members),
        deal=deal_of(campaign, size=group.size),
        confirmed=group.confirmed,
        off_fen=group.off_fen,
        has_enough=group.least is not None and group.joined >= group.least,
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


def open_groups(
    campaign_id: int, *, now: datetime, limit: int = 6, without: str = ""
) -> tuple[OpenGroup, ...]:
    """Groups with a seat, stock of the campaign and time to pay left: those that lack one person
    first, then the newest."""
    left = F("size") - F("reserved") - F("joined") - F("confirmed")
    one_short = Case(When(left=1, then=Value(0)), default=Value(1), output_field=IntegerField())
    groups = list(
        Group.objects.filter(
            campaign_id=campaign_id,
            state=GroupState.OPEN,
            deadline_at__gt=now + LAST_CALL,
            campaign__quota__gt=F("campaign__quota_used"),
        )
        .exclude(public_id=without)
        .annotate(left=left)
        .filter(left__gt=0)
        .order_by(one_short, "-opened_at")[:limit]
    )
    leaders = {
        member.group_id: member
        for member in Member.objects.filter(group__in=groups, is_leader=True)
    }
    known = profiles({m.user_id for m in leaders.values() if m.shows_profile})
    return tuple(
        OpenGroup(
            public_id=group.public_id,
            leader=_face(leaders[group.pk], known),
            size=group.size,
            seats_left=group.seats_left,
            deadline_at=group.deadline_at,
        )
        for group in groups
        if group.pk in leaders and group.deadline_at is not None
    )


def acquainted_groups(
    product_id: int, user_id: int, *, now: datetime, limit: int = 2
) -> tuple[AcquaintedGroup, ...]:
    """Open groups of the product with somebody in it whom the person has had to do with and who
    agreed to be shown there; those that lack fewest people first."""
    people = tied_to(user_id)
    if not people:
        return ()
    left = F("group__size") - F("group__reserved") - F("group__joined") - F("group__confirmed")
    seats = (
        Member.objects.select_related("group")
        .filter(
            user_id__in=people,
            state=MemberState.JOINED,
            shows_profile=True,
            group__state=GroupState.OPEN,
            group__deadline_at__gt=now + LAST_CALL,
            campaign__product_id=product_id,
            campaign__quota__gt=F("campaign__quota_used"),
        )
        .annotate(left=left)
        .filter(left__gt=0)
        .order_by("left", "group__deadline_at", "pk")
    )
    found: dict[int, Member] = {}
    for seat in seats[: limit * 10]:
        if len(found) < limit:
            found.setdefault(seat.group_id, seat)
    known = profiles({seat.user_id for seat in found.values()})
    return tuple(
        AcquaintedGroup(
            public_id=seat.group.public_id,
            face=_face(seat, known),
            seats_left=seat.group.seats_left,
            deadline_at=seat.group.deadline_at,
        )
        for seat in found.values()
        if seat.group.deadline_at is not None
    )


def campaign_for_product(product_id: int, *, now: datetime) -> OfferCard | None:
    """The product's running campaign with its prices, in two queries."""
    campaign = (
        _running(product_id, now=now)
        .annotate(group_count=Count("groups", filter=_joinable(now), distinct=True))
        .first()
    )
    if campaign is None:
        return None
    rows = list(campaign.prices.all())
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
        prices={row.sku_id: row.price_fen for row in rows},
        leader_prices={row.sku_id: row.leader_fen for row in rows if row.leader_fen is not None},
        group_count=campaign.group_count,
        deal=deal_of(campaign),
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
    """Running campaigns that have something left, of many products by product id, in one query."""
    rows = GroupPrice.objects.filter(
        campaign__product_id__in=list(product_ids),
        campaign__state=CampaignState.PUBLISHED,
        campaign__starts_at__lte=now,
        campaign__ends_at__gt=now,
        campaign__quota__gt=F("campaign__quota_used"),
    )
    grouped = rows.values("campaign__product_id", "campaign__size").annotate(low=Min("price_fen"))
    return {
        row["campaign__product_id"]: ShelfOffer(row["campaign__size"], row["low"])
        for row in grouped
    }


def products_on_offer(*, now: datetime, limit: int = 6) -> list[int]:
    """Products whose campaigns run now in open stores: each store's first before any's second."""
    rows = GroupCampaign.objects.filter(
        state=CampaignState.PUBLISHED,
        starts_at__lte=now,
        ends_at__gt=now,
        store__is_open=True,
        quota__gt=F("quota_used"),
        product__state="on_sale",
    )
    turn = Window(RowNumber(), partition_by=F("store_id"), order_by=[F("ends_at"), F("id")])
    ordered = rows.annotate(turn=turn).order_by("turn", "ends_at", "id")
    return list(ordered.values_list("product_id", flat=True)[:limit])


def groups_about_to_fail(store_id: int | None, *, now: datetime) -> int:
    """Open groups, of one store or of all, that end within two hours."""
    rows = Group.objects.filter(state=GroupState.OPEN, deadline_at__lt=now + ABOUT_TO_FAIL)
    return (rows if store_id is None else rows.filter(store_id=store_id)).count()


@dataclass(frozen=True)
class RunningGroup:
    """A group that is not decided, as its merchant watches it; `exposed_fen` is what has been paid
    for it and goes back if it fails."""

    id: int
    public_id: str
    title: str
    leader: str
    size: int
    least: int | None
    joined: int
    reserved: int
    seats_left: int
    deadline_at: datetime
    exposed_fen: int

    @property
    def is_safe(self) -> bool:
        """Enough have paid already."""
        return self.least is not None and self.joined >= self.least


def groups_running(rows: QuerySet[Group], *, now: datetime, limit: int = 200) -> list[RunningGroup]:
    """The open ones among these groups, the first to end first, in two queries."""
    found = list(
        rows.filter(state=GroupState.OPEN)
        .select_related("campaign__product", "leader")
        .order_by("deadline_at")[:limit]
    )
    paid = (
        Member.objects.filter(group__in=found, state=MemberState.JOINED)
        .order_by()
        .values("group_id")
        .annotate(fen=Sum("order__payable_fen"))
    )
    exposed = {row["group_id"]: row["fen"] for row in paid}
    return [
        RunningGroup(
            id=group.pk,
            public_id=group.public_id,
            title=group.campaign.product.title,
            leader=group.leader.public_name,
            size=group.size,
            least=group.least,
            joined=group.joined,
            reserved=group.reserved,
            seats_left=group.seats_left,
            deadline_at=group.deadline_at or now,
            exposed_fen=exposed.get(group.pk, 0),
        )
        for group in found
    ]


def _joinable(now: datetime) -> Q:
    return Q(groups__state=GroupState.OPEN, groups__deadline_at__gt=now + LAST_CALL)


def can_lead(campaign: GroupCampaign, *, now: datetime) -> bool:
    """Whether somebody could start a group of it now: it runs, something is left, and its product
    (which the caller has read with it) is not withdrawn."""
    runs = campaign.state == CampaignState.PUBLISHED and campaign.starts_at <= now
    left = campaign.quota_left > 0 and campaign.product.state == "on_sale"
    return runs and now < campaign.ends_at and left


def _shown(group: Group) -> list[Member]:
    """Who is in, the leader first; of a group that failed, who had been."""
    states = [*LIVE_MEMBER, MemberState.REFUNDING, MemberState.REFUNDED]
    if group.state == GroupState.OPEN:
        states = list(LIVE_MEMBER)
    rows = group.members.filter(state__in=states).order_by("-is_leader", "reserved_at")
    return list(rows[: group.size])


def _faces(members: Sequence[Member]) -> tuple[Face, ...]:
    known = profiles({member.user_id for member in members if member.shows_profile})
    return tuple(_face(member, known) for member in members)


def _face(member: Member, known: dict[int, Profile]) -> Face:
    profile = known.get(member.user_id)
    return Face(
        name=profile.name if profile else "",
        avatar=profile.avatar if profile else "",
        is_leader=member.is_leader,
        is_paid=member.state != MemberState.RESERVED,
    )


def _mine(rows: QuerySet[Member]) -> GroupMine | None:
    member = rows.select_related("group", "order").order_by("-pk").first()
    if member is None:
        return None
    return GroupMine(
        state=member.state,
        state_label=str(MemberState(member.state).label),
        is_leader=member.is_leader,
        order_public_id=member.order.public_id,
        order_state=member.order.state,
        group_public_id=member.group.public_id,
    )


@dataclass(frozen=True)
class Seat:
    """Who sits in a group, and on which order."""

    member_id: int
    user_id: int
    order_id: int
    is_leader: bool


@dataclass(frozen=True)
class GroupGist:
    """A group in a few words, for telling its members about it. `seats` are the paid ones."""

    public_id: str
    store_id: int
    store_name: str
    goods: str
    is_open: bool
    has_failed: bool
    size: int
    seats_left: int
    seats: tuple[Seat, ...]
    deadline_at: datetime | None = None


def group_gist(*, group_id: int | None = None, group_ref: str = "") -> GroupGist | None:
    """The group of that id or public id, in two queries; None for an unknown one."""
    which = {"pk": group_id} if group_id is not None else {"public_id": group_ref}
    rows = Group.objects.select_related("store", "campaign__product")
    group = rows.filter(**which).first()
    if group is None:
        return None
    paid = group.members.filter(state__in=[MemberState.JOINED, MemberState.CONFIRMED])
    return GroupGist(
        public_id=group.public_id,
        store_id=group.store_id,
        store_name=group.store.name,
        goods=group.campaign.product.title,
        is_open=group.state == GroupState.OPEN,
        has_failed=group.state == GroupState.FAILED,
        # Of one that succeeded with fewer, these were all.
        size=group.confirmed if group.state == GroupState.SUCCEEDED else group.size,
        deadline_at=group.deadline_at,
        seats_left=group.size - group.joined - group.confirmed,
        seats=tuple(
            Seat(*values)
            for values in paid.order_by("pk").values_list("id", "user_id", "order_id", "is_leader")
        ),
    )
