"""Reads of sharers: a showcase for everybody, and a sharer's own money, explained."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from catalog.queries import ProductCard, cards_of
from core.money import yuan
from sharers.models import Reward, RewardEntry, Sharer, SharerPlan, ShowcaseItem, SkuRate
from sharers.rates import Rate
from sharers.states import SharerState
from sharing.explained import Explanation, explanations

CHINA = ZoneInfo("Asia/Shanghai")
PAGE_SIZE = 20


@dataclass(frozen=True)
class ShowcaseCard:
    """A recommended product and why."""

    card: ProductCard
    note: str


@dataclass(frozen=True)
class Showcase:
    """A sharer's public page. Nothing on it is about what sharing earns."""

    sharer_id: int
    public_id: str
    person_id: int
    store_id: int
    name: str
    intro: str
    items: tuple[ShowcaseCard, ...]


@dataclass(frozen=True)
class DeskLink:
    """The way to somebody's desk as a sharer of a store."""

    slug: str
    store: str


@dataclass(frozen=True)
class SharerGist:
    """How somebody stands with a store, for whoever tells of it. `decided_at` is None for who waits,
    and for who was taken without being looked at."""

    id: int
    store_id: int
    store_name: str
    store_slug: str
    person_id: int
    name: str
    state: str
    decided_at: datetime | None


@dataclass(frozen=True)
class Earning:
    """One order line of a sharer's, with the share that it is owed to."""

    at: datetime
    name: str
    state: str
    state_label: str
    amount_fen: int
    rate: str
    released_at: datetime | None
    frees_at: datetime | None
    explanation: Explanation | None


@dataclass(frozen=True)
class EarningsPage:
    """PAGE_SIZE of a sharer's earnings, the newest first."""

    rows: tuple[Earning, ...]
    page: int
    has_next: bool
    has_previous: bool


@dataclass(frozen=True)
class Statement:
    """One month in China, in fen: what was earned, taken back and paid out."""

    month: date
    earned_fen: int
    clawed_back_fen: int
    paid_out_fen: int

    @property
    def total_fen(self) -> int:
        return self.earned_fen + self.clawed_back_fen + self.paid_out_fen


@dataclass(frozen=True)
class SharerDesk:
    """A sharer's own page."""

    id: int
    public_id: str
    name: str
    state: str
    was_approved: bool
    frozen_fen: int
    available_fen: int
    earnings: EarningsPage
    statements: tuple[Statement, ...]
    showcase: Showcase


def plan_of(store_id: int) -> SharerPlan | None:
    """What the store offers to whoever shares its goods; None when it takes nobody."""
    return SharerPlan.objects.filter(store_id=store_id, is_open=True).first()


def offer_of(store_id: int) -> SharerPlan | None:
    """What the store's sharers get for orders placed now; None when they get nothing."""
    return SharerPlan.objects.filter(store_id=store_id, pays_rewards=True).first()


def sharer_of(store_id: int, person_id: int) -> Sharer | None:
    return Sharer.objects.filter(store_id=store_id, person_id=person_id).first()


def sharer_gist(sharer_id: int) -> SharerGist | None:
    row = Sharer.objects.select_related("store").filter(pk=sharer_id).first()
    if row is None:
        return None
    decided_at = row.stopped_at or row.approved_at
    return SharerGist(
        id=row.pk,
        store_id=row.store_id,
        store_name=row.store.name,
        store_slug=row.store.slug,
        person_id=row.person_id,
        name=row.name,
        state=row.state,
        decided_at=None if decided_at == row.applied_at else decided_at,
    )


def applied_count(store_id: int | None) -> int:
    """How many who want to share the goods of one store, or of all stores, wait for an answer."""
    waiting = Sharer.objects.filter(state=SharerState.APPLIED)
    return waiting.count() if store_id is None else waiting.filter(store_id=store_id).count()


def desks_of(person_id: int) -> tuple[DeskLink, ...]:
    """The stores that somebody is a sharer of, or asked to be one or was: their money is there."""
    rows = Sharer.objects.filter(person_id=person_id).order_by("pk")
    return tuple(DeskLink(*row) for row in rows.values_list("store__slug", "store__name"))


def showcase(public_id: str) -> Showcase | None:
    """The public page of a sharer who is one now, in five queries; goods not on sale are left out."""
    sharer = Sharer.objects.filter(public_id=public_id, state=SharerState.ACTIVE).first()
    return _showcase(sharer) if sharer else None


def desk(sharer: Sharer, *, page: int = 1) -> SharerDesk:
    """What a sharer sees of their own, with one page of the earnings."""
    return SharerDesk(
        id=sharer.pk,
        public_id=sharer.public_id,
        name=sharer.name,
        state=sharer.state,
        was_approved=sharer.approved_at is not None,
        frozen_fen=sharer.frozen_fen,
        available_fen=sharer.available_fen,
        earnings=_earnings(sharer, page),
        statements=statements(sharer.pk),
        showcase=_showcase(sharer),
    )


def statements(sharer_id: int) -> tuple[Statement, ...]:
    """Month by month, the newest first. Their totals add up to frozen and available together."""
    kinds = RewardEntry.Kind
    rows = (
        RewardEntry.objects.filter(sharer_id=sharer_id)
        .annotate(month=TruncMonth("at", tzinfo=CHINA))
        .order_by("-month")
        .values("month")
        .annotate(
            earned=Sum("amount_fen", filter=Q(kind=kinds.EARN), default=0),
            back=Sum("amount_fen", filter=Q(kind=kinds.CLAW_BACK), default=0),
            paid=Sum("amount_fen", filter=Q(kind__in=[kinds.PAYOUT, kinds.REVERSAL]), default=0),
        )
    )
    return tuple(
        Statement(row["month"].date(), row["earned"], row["back"], row["paid"]) for row in rows
    )


def rate_text(rate: Rate) -> str:
    """ "5 %", "每件 2.00 元"."""
    if rate.fixed_fen is not None:
        return _("每件 %(amount)s 元") % {"amount": yuan(rate.fixed_fen)}
    whole, part = divmod(rate.rate_bp or 0, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") + "%"


def most_reward(store_id: int, sku_ids: Iterable[int]) -> str:
    """The most that an order of these SKUs earns a sharer who brings it now: "货款的 5%",
    "每件 2.00 元" or both; "" when it earns nothing. At most three queries."""
    plan = offer_of(store_id)
    if plan is None:
        return ""
    asked = set(sku_ids)
    own = {
        one.sku_id: Rate(one.rate_bp, one.fixed_fen)
        for one in SkuRate.objects.filter(sku_id__in=asked)
    }
    rates = [own.get(sku_id, Rate(rate_bp=plan.rate_bp)) for sku_id in asked]
    share_bp = max((one.rate_bp or 0 for one in rates), default=0)
    fixed_fen = max((one.fixed_fen or 0 for one in rates), default=0)
    told = []
    if share_bp:
        told.append(_("货款的 %(rate)s") % {"rate": rate_text(Rate(rate_bp=share_bp))})
    if fixed_fen:
        told.append(rate_text(Rate(fixed_fen=fixed_fen)))
    return _("或").join(told)


def rate_texts(store_id: int, product_ids: Collection[int]) -> dict[int, str]:
    """What these products earn for orders placed now, in words, by product: their SKUs' own rates,
    and the plan's where a SKU has none. Empty when the store pays nothing; two queries."""
    plan = offer_of(store_id)
    if plan is None:
        return {}
    live = Q(sku__product__skus__removed_at=None)
    rows = (
        SkuRate.objects.filter(sku__product_id__in=product_ids, sku__removed_at=None)
        .annotate(skus=Count("sku__product__skus", filter=live))
        .order_by("sku__position", "sku_id")
    )
    own: dict[int, list[str]] = {}
    skus: dict[int, int] = {}
    for row in rows.values_list("sku__product_id", "rate_bp", "fixed_fen", "skus"):
        own.setdefault(row[0], []).append(rate_text(Rate(row[1], row[2])))
        skus[row[0]] = row[3]
    usual = rate_text(Rate(rate_bp=plan.rate_bp))
    found = {}
    for pk in product_ids:
        texts = own.get(pk, [])
        if not texts or len(texts) < skus[pk]:
            texts = [usual, *texts]
        found[pk] = " / ".join(dict.fromkeys(texts))
    return found


def _earnings(sharer: Sharer, page: int) -> EarningsPage:
    start = (page - 1) * PAGE_SIZE
    rewards = (
        Reward.objects.filter(sharer=sharer, earned_at__isnull=False)
        .select_related("line")
        .order_by("-pk")
    )
    rows = list(rewards[start : start + PAGE_SIZE + 1])
    known = explanations(row.order_id for row in rows[:PAGE_SIZE])
    return EarningsPage(
        rows=tuple(_earning(row, known.get(row.order_id)) for row in rows[:PAGE_SIZE]),
        page=page,
        has_next=len(rows) > PAGE_SIZE,
        has_previous=page > 1,
    )


def _earning(row: Any, explanation: Explanation | None) -> Earning:
    return Earning(
        at=row.earned_at,
        name=str(row.line),
        state=row.state,
        # It was worth something once.
        state_label=row.get_state_display() if row.amount_fen else _("已随退款扣回"),
        amount_fen=row.amount_fen,
        rate=rate_text(Rate(row.rate_bp, row.fixed_fen)),
        released_at=row.released_at,
        frees_at=row.due_at if row.amount_fen else None,
        explanation=explanation,
    )


def _showcase(sharer: Sharer) -> Showcase:
    items = list(ShowcaseItem.objects.filter(sharer=sharer))
    cards = cards_of([item.product_id for item in items])
    return Showcase(
        sharer_id=sharer.pk,
        public_id=sharer.public_id,
        person_id=sharer.person_id,
        store_id=sharer.store_id,
        name=sharer.name,
        intro=sharer.intro,
        items=tuple(
            ShowcaseCard(cards[item.product_id], item.note)
            for item in items
            if item.product_id in cards
        ),
    )
