"""Reads of bargains for pages, shelves and the office."""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import F, QuerySet

from accounts.queries import Profile, profiles
from campaigns.bargain.goods import keeps_piece, no_launch, sells_alone, why_not, with_goods
from campaigns.bargain.models import Bargain, BargainCampaign, Help
from campaigns.bargain.schedule import TakenCut, Terms, schedule_faults
from campaigns.bargain.services import (
    BuyRefused,
    TooLateToBuy,
    buy_refusal,
    helping_allowed,
)
from campaigns.bargain.states import LIVE, WAITING, BargainState, CampaignState


@dataclass(frozen=True)
class BargainTerms:
    """What a campaign promises, for whoever thinks of launching."""

    campaign_id: int
    public_id: str
    store_id: int
    product_id: int
    product_public_id: str
    sku_id: int
    sku_name: str
    list_fen: int
    floor_fen: int
    helpers: int
    newcomer_slots: int
    newcomer_weight: int
    hours: int
    hold_hours: int
    buy_midway: bool
    launches_per_person: int
    helps_per_day: int
    quota_left: int
    ends_at: datetime
    risk_accepted: bool
    takes_coupons: bool


@dataclass(frozen=True)
class HelpLine:
    """One help as strangers may see it: nothing of the person without their consent."""

    number: int
    name: str
    avatar: str
    row: str
    position: int
    cut_fen: int
    price_after_fen: int
    helped_at: datetime


@dataclass(frozen=True)
class BargainBoard:
    """Everything that the public pages of a bargain show about it. `sealed` is empty until it has
    ended.

    `keeps_piece`: one in stock is reserved for it. `price_fen` is what the launcher pays or paid:
    `costs_less_alone` when a list price that fell below what the helps left is it. `no_launch` says
    why nobody could launch another one now, `sells_alone` whether the goods can be bought at their own
    price.
    """

    public_id: str
    campaign_id: int
    store_id: int
    product_id: int
    product_public_id: str
    sku_name: str
    state: str
    state_label: str
    list_fen: int
    floor_fen: int
    price_fen: int
    cut_fen: int
    costs_less_alone: bool
    keeps_piece: bool
    helpers: int
    helps: int
    launcher: str
    helps_given: tuple[HelpLine, ...]
    commitment: str
    sealed: str
    deadline_at: datetime
    is_over: bool
    can_help: bool
    no_launch: str
    sells_alone: bool
    buy_midway: bool
    terms: BargainTerms

    @property
    def helps_left(self) -> int:
        return self.helpers - self.helps

    @property
    def can_launch(self) -> bool:
        """Whether somebody else could launch one, a piece of the quota and one in stock kept for it."""
        return not self.no_launch

    @property
    def risk_accepted(self) -> bool:
        return self.terms.risk_accepted


@dataclass(frozen=True)
class BargainMine:
    """What the reader is to a bargain: its launcher, one of its helpers, or neither.

    `help_fen` is what the reader's own help cut, 0 without one; `shown_as` is how the page names
    them, if they agreed; `order_public_id` is the launcher's newest order. `why_not` says what keeps
    the launcher from buying although the price stands.
    """

    is_launcher: bool
    help_fen: int
    shows_profile: bool
    shown_as: str
    can_buy: bool
    order_public_id: str
    why_not: str = ""


@dataclass(frozen=True)
class MyBargain:
    """A bargain in its launcher's own list. `quiet`: how many helped is not for this browser."""

    public_id: str
    title: str
    sku_name: str
    photo: str
    state: str
    state_label: str
    price_fen: int
    floor_fen: int
    helps: int
    helpers: int
    deadline_at: datetime
    quiet: bool


def bargain_board(public_id: str, *, now: datetime) -> BargainBoard | None:
    """A bargain in any state, in three queries; None for an unknown one."""
    bargain = (
        with_goods(_with_prices(Bargain.objects.select_related("campaign__sku__product")), now=now)
        .filter(public_id=public_id)
        .first()
    )
    if bargain is None:
        return None
    campaign = bargain.campaign
    rows = list(Help.objects.filter(bargain=bargain).order_by("number"))
    shown = {row.user_id for row in rows if row.shows_profile}
    shown |= {bargain.launcher_id} if bargain.shows_profile else set()
    known = profiles(shown) if shown else {}
    launcher = known.get(bargain.launcher_id) if bargain.shows_profile else None
    is_running = bargain.state == BargainState.RUNNING and bargain.deadline_at > now
    is_over = bargain.state not in LIVE
    return BargainBoard(
        public_id=bargain.public_id,
        campaign_id=campaign.pk,
        store_id=bargain.store_id,
        product_id=campaign.sku.product_id,
        product_public_id=campaign.sku.product.public_id,
        sku_name=campaign.sku.name,
        state=bargain.state,
        state_label=str(BargainState(bargain.state).label),
        list_fen=bargain.list_fen,
        floor_fen=bargain.floor_fen,
        price_fen=_price_fen(bargain),
        cut_fen=bargain.cut_fen,
        costs_less_alone=bargain.state in WAITING and bargain.pays_fen < bargain.price_fen,
        keeps_piece=keeps_piece(bargain),
        helpers=bargain.helpers,
        helps=bargain.helps,
        launcher=launcher.name if launcher else "",
        helps_given=tuple(_line(row, known) for row in rows),
        commitment=bargain.commitment,
        sealed=bargain.sealed if is_over else "",
        deadline_at=bargain.deadline_at,
        is_over=is_over,
        can_help=is_running and bargain.helps_left > 0,
        no_launch=str(no_launch(campaign, bargain, now=now) or ""),
        sells_alone=sells_alone(bargain),
        buy_midway=campaign.buy_midway,
        terms=_terms(campaign),
    )


def bargain_mine(public_id: str, user_id: int, *, now: datetime) -> BargainMine | None:
    """What the person is to the bargain; None for an unknown one."""
    rows = with_goods(Bargain.objects.select_related("campaign__sku", "order"), now=now)
    bargain = rows.filter(public_id=public_id).first()
    if bargain is None:
        return None
    if bargain.launcher_id == user_id:
        stands = buy_refusal(bargain, user_id, now=now) is None
        because = why_not(bargain) if stands else ""
        return BargainMine(
            is_launcher=True,
            help_fen=0,
            shows_profile=bargain.shows_profile,
            shown_as="",
            can_buy=stands and not because,
            order_public_id=bargain.order.public_id if bargain.order else "",
            why_not=because,
        )
    given = Help.objects.filter(bargain=bargain, user_id=user_id).first()
    shows_profile = given is not None and given.shows_profile
    return BargainMine(
        is_launcher=False,
        help_fen=given.cut_fen if given else 0,
        shows_profile=shows_profile,
        shown_as=profiles({user_id})[user_id].name if shows_profile else "",
        can_buy=False,
        order_public_id="",
    )


def buy_refused(public_id: str, user_id: int, *, now: datetime) -> BuyRefused | None:
    """Why the person could not buy at the bargain's price now, whatever is typed in the form."""
    bargain = Bargain.objects.select_related("campaign").filter(public_id=public_id).first()
    return buy_refusal(bargain, user_id, now=now) if bargain else TooLateToBuy()


def bargains_of(user_id: int, *, in_wechat: bool = False, limit: int = 50) -> tuple[MyBargain, ...]:
    """The person's own bargains, the newest first, in one query, and one more for each store inside
    WeChat."""
    rows = _with_prices(
        Bargain.objects.select_related("campaign__sku__product").filter(launcher_id=user_id)
    )
    allowed = cache(
        lambda store_id, accepted: helping_allowed(
            store_id=store_id, risk_accepted=accepted, in_wechat=in_wechat
        )
    )
    return tuple(
        MyBargain(
            public_id=row.public_id,
            title=row.campaign.sku.product.title,
            sku_name=row.campaign.sku.name,
            photo=str(row.campaign.sku.photo),
            state=row.state,
            state_label=str(BargainState(row.state).label),
            price_fen=_price_fen(row),
            floor_fen=row.floor_fen,
            helps=row.helps,
            helpers=row.helpers,
            deadline_at=row.deadline_at,
            quiet=not allowed(row.store_id, row.campaign.wechat_risk_accepted),
        )
        for row in rows.order_by("-id")[:limit]
    )


def bargains_for_product(
    product_id: int, *, in_wechat: bool, now: datetime
) -> tuple[BargainTerms, ...]:
    """The product's campaigns that somebody could launch a bargain of now and that may be shown there,
    in one query; the cheapest first. A page that is the same for everyone may be read inside WeChat."""
    rows = with_goods(
        BargainCampaign.objects.select_related("sku__product"), now=now, to=""
    ).filter(sku__product_id=product_id, state=CampaignState.PUBLISHED)
    return tuple(
        _terms(row)
        for row in rows.order_by("floor_fen", "id")
        if no_launch(row, row, now=now) is None
        and helping_allowed(
            store_id=row.store_id, risk_accepted=row.wechat_risk_accepted, in_wechat=in_wechat
        )
    )


def terms_to_launch(campaign_public_id: str) -> BargainTerms | None:
    """The terms of a campaign that was ever published."""
    rows = BargainCampaign.objects.select_related("sku__product")
    row = rows.filter(public_id=campaign_public_id).exclude(state=CampaignState.DRAFT).first()
    return _terms(row) if row else None


def bargain_faults(public_id: str) -> list[str] | None:
    """Everything unfair about a bargain, who was a newcomer included; None for an unknown one."""
    bargain = Bargain.objects.select_related("campaign").filter(public_id=public_id).first()
    if bargain is None:
        return None
    taken = cuts_taken(bargain)
    faults = schedule_faults(bargain.sealed, bargain.commitment, taken, bargain=bargain.public_id)
    if not faults:
        faults = _other_terms(bargain)
    if sum(cut.cut_fen for cut in taken) != bargain.cut_fen or len(taken) != bargain.helps:
        faults.append("the price is not what the helps cut")
    return faults


def cuts_taken(bargain: Bargain) -> list[TakenCut]:
    """The bargain's helps in their order, for checking them."""
    rows = Help.objects.filter(bargain=bargain).order_by("number")
    return [TakenCut(row.row, row.position, row.cut_fen, row.is_newcomer) for row in rows]


def _with_prices(rows: QuerySet[Bargain]) -> QuerySet[Bargain]:
    """With what the one line of the bargain's newest order was sold for."""
    return rows.annotate(ordered_fen=F("order__lines__unit_price_fen"))


def _price_fen(bargain: Any) -> int:
    """What the launcher pays for the piece now, or ordered it for. Needs the campaign's SKU, and
    `_with_prices`."""
    fen: int = bargain.ordered_fen
    if bargain.state in WAITING:
        fen = bargain.pays_fen
    elif bargain.state == BargainState.EXPIRED:
        fen = bargain.price_fen
    return fen


def _other_terms(bargain: Bargain) -> list[str]:
    """Every term that the cuts were drawn for and that is not the announced one. Needs the
    campaign, whose terms stay as they were published."""
    announced = asdict(
        Terms(
            bargain=bargain.public_id,
            list_fen=bargain.list_fen,
            floor_fen=bargain.floor_fen,
            helpers=bargain.helpers,
            newcomer_slots=bargain.campaign.newcomer_slots,
            newcomer_weight=bargain.campaign.newcomer_weight,
        )
    )
    sealed = asdict(bargain.schedule.terms)
    return [
        f"the schedule has {name} {sealed[name]}, announced was {value}"
        for name, value in announced.items()
        if sealed[name] != value
    ]


def _terms(campaign: BargainCampaign) -> BargainTerms:
    """Needs the campaign's SKU and product with it."""
    return BargainTerms(
        campaign_id=campaign.pk,
        public_id=campaign.public_id,
        store_id=campaign.store_id,
        product_id=campaign.sku.product_id,
        product_public_id=campaign.sku.product.public_id,
        sku_id=campaign.sku_id,
        sku_name=campaign.sku.name,
        list_fen=min(campaign.list_fen, campaign.sku.price_fen),
        floor_fen=campaign.floor_fen,
        helpers=campaign.helpers,
        newcomer_slots=campaign.newcomer_slots,
        newcomer_weight=campaign.newcomer_weight,
        hours=campaign.hours,
        hold_hours=campaign.hold_hours,
        buy_midway=campaign.buy_midway,
        launches_per_person=campaign.launches_per_person,
        helps_per_day=campaign.helps_per_day,
        quota_left=campaign.quota_left,
        ends_at=campaign.ends_at,
        risk_accepted=campaign.wechat_risk_accepted,
        takes_coupons=campaign.takes_coupons,
    )


def _line(row: Help, known: dict[int, Profile]) -> HelpLine:
    profile = known.get(row.user_id) if row.shows_profile else None
    return HelpLine(
        number=row.number,
        name=profile.name if profile else "",
        avatar=profile.avatar if profile else "",
        row=row.row,
        position=row.position,
        cut_fen=row.cut_fen,
        price_after_fen=row.price_after_fen,
        helped_at=row.helped_at,
    )
