"""Reads of flash sales for pages, notices and the office."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.flash.models import FlashCampaign, FlashOffer, FlashReminder
from campaigns.flash.services import (
    REMIND_BEFORE,
    BuyRefused,
    SlotOver,
    buy_refusal,
    offer_find,
)
from campaigns.flash.states import CampaignState
from catalog.queries import ProductCard, cards_of, sku_on_sale

COMING, RUNNING, ENDED = "coming", "running", "ended"
OFFERS_ON_A_PAGE = 60
REMINDERS_COUNTED = 400


@dataclass(frozen=True)
class FlashTerms:
    """An offer as everybody may see it. `phase` is by the server's clock; neither price is above the
    SKU's own of now, which may have fallen since the offer was published.

    The quota reserves nothing: `stock` pieces can be ordered, while the store `takes_orders` and the
    SKU is `on_sale`, which before the start is said of that moment.
    """

    offer_id: int
    public_id: str
    store_id: int
    product_id: int
    sku_id: int
    sku_name: str
    flash_fen: int
    list_fen: int
    quota: int
    sold: int
    per_person: int
    pay_minutes: int
    starts_at: datetime
    ends_at: datetime
    phase: str
    takes_coupons: bool
    stock: int
    on_sale: bool
    takes_orders: bool
    tells_soon: bool

    @property
    def left(self) -> int:
        """How many pieces can be had: neither more than the quota has nor more than there are."""
        return min(self.quota_left, self.stock) if self.on_sale and self.takes_orders else 0

    @property
    def quota_left(self) -> int:
        return self.quota - self.sold

    @property
    def is_short(self) -> bool:
        """Whether there are fewer pieces than the quota says."""
        return self.stock < self.quota_left

    @property
    def saves(self) -> bool:
        """Whether it costs less than the SKU does alone."""
        return self.flash_fen < self.list_fen

    @property
    def can_buy(self) -> bool:
        return self.phase == RUNNING and self.left > 0

    @property
    def may_remind(self) -> bool:
        """Whether one may ask to be told of the start: what is sold out, or rests, may be there by
        then."""
        return self.phase == COMING and self.on_sale and not self.tells_soon

    @property
    def why_not(self) -> str:
        """What keeps everybody from having a piece; "" while one can be had, and of what is over."""
        if self.left > 0 or self.phase == ENDED:
            return ""
        if not self.takes_orders:
            return _("店铺正在休息")
        if not self.on_sale:
            return _("商品已下架")
        return _("已抢光") if self.quota_left < 1 else _("商品暂时售罄")

    @property
    def hope(self) -> str:
        """What would bring a piece that cannot be had now; "" when nothing is to be waited for."""
        if not self.why_not or not self.on_sale:
            return ""
        if not self.takes_orders:
            return _("恢复营业后、结束前可以再来")
        if self.quota_left < 1:
            return _("有人没付款会空出来")
        return _("补了货，或有人没付款让出来，就能抢")

    @property
    def percent(self) -> int:
        """How much of the quota is in live orders, rounded down."""
        return self.sold * 100 // self.quota

    @property
    def slot(self) -> str:
        """What its slot is called in an address."""
        return slot_key(self.starts_at, self.ends_at)


@dataclass(frozen=True)
class FlashGoods:
    """An offer in a list, with its product."""

    terms: FlashTerms
    card: ProductCard


@dataclass(frozen=True)
class FlashSlot:
    """A slot as a tab. Instants with the same key, seconds apart, are one slot."""

    key: str
    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]
    phase: str
    is_today: bool

    @property
    def starts_at(self) -> datetime:
        return self.starts[0]

    @property
    def ends_at(self) -> datetime:
        return self.ends[0]


@dataclass(frozen=True)
class FlashPage:
    """The slots of today and tomorrow, and a page of the goods of the one that is shown."""

    slots: tuple[FlashSlot, ...] = ()
    shown: FlashSlot | None = None
    goods: tuple[FlashGoods, ...] = ()
    page: int = 1
    has_previous: bool = False
    has_next: bool = False


@dataclass(frozen=True)
class FlashGist:
    """What a reminder says, and to whom."""

    offer_id: int
    public_id: str
    store_id: int
    store_name: str
    goods: str
    flash_fen: int
    starts_at: datetime
    user_ids: tuple[int, ...]


def flash_page(slot: str, page: int, *, now: datetime) -> FlashPage | None:
    """A page of a slot's offers, from 1; "" is the slot that matters now: running, or next, or the
    last one. None for a slot or a page that is not there. Two queries and what the cards cost."""
    found = _slots(now=now)
    if not found:
        return FlashPage() if not slot and page == 1 else None
    chosen = slot or _chosen(found)
    shown = next((one for one in found if one.key == chosen), None)
    if shown is None:
        return None
    start = (page - 1) * OFFERS_ON_A_PAGE
    rows = _shown().filter(campaign__starts_at__in=shown.starts, campaign__ends_at__in=shown.ends)
    rows = _with_goods(rows, now=now)
    offers = list(rows.order_by("campaign__starts_at", "pk")[start : start + OFFERS_ON_A_PAGE + 1])
    if not offers and page > 1:
        return None
    terms = [_terms(row, now=now) for row in offers[:OFFERS_ON_A_PAGE]]
    cards = cards_of(list({one.product_id for one in terms}))
    return FlashPage(
        slots=tuple(found),
        shown=shown,
        goods=tuple(
            FlashGoods(one, cards[one.product_id]) for one in terms if one.product_id in cards
        ),
        page=page,
        has_previous=page > 1,
        has_next=len(offers) > OFFERS_ON_A_PAGE,
    )


def flash_for_product(product_id: int, *, now: datetime) -> tuple[FlashTerms, ...]:
    """The product's offers that run or come until tomorrow night, the next first; one query."""
    limit = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = _with_goods(_shown(), now=now).filter(
        sku__product_id=product_id,
        sku__removed_at=None,
        campaign__state=CampaignState.PUBLISHED,
        campaign__ends_at__gt=now,
        campaign__starts_at__lt=limit + timedelta(days=2),
    )
    return tuple(_terms(row, now=now) for row in rows.order_by("campaign__starts_at", "pk")[:10])


def flash_is_on(*, now: datetime) -> bool:
    """Whether some slot runs or comes until tomorrow night; one query."""
    limit = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return FlashCampaign.objects.filter(
        state=CampaignState.PUBLISHED,
        ends_at__gt=now,
        starts_at__lt=limit + timedelta(days=2),
    ).exists()


def flash_terms(public_id: str, *, now: datetime) -> FlashTerms | None:
    """One offer that was ever published, with its SKU; None for an unknown one."""
    rows = _with_goods(_shown(cancelled=True), now=now)
    row = rows.filter(public_id=public_id).first()
    return _terms(row, now=now) if row else None


def buy_refused(public_id: str, user_id: int, *, now: datetime) -> BuyRefused | None:
    """Why the person could not buy one piece now, whatever is typed in the form."""
    offer = offer_find(public_id)
    return buy_refusal(offer, user_id, quantity=1, now=now) if offer else SlotOver()


def reminded(user_id: int, offer_ids: Iterable[int]) -> frozenset[int]:
    """Which of the offers the person wants to be reminded of."""
    rows = FlashReminder.objects.filter(user_id=user_id, offer_id__in=list(offer_ids))
    return frozenset(rows.values_list("offer_id", flat=True))


def my_reminders(user_id: int, *, now: datetime) -> frozenset[str]:
    """The public ids of the coming offers that the person wants to be reminded of."""
    rows = FlashReminder.objects.filter(
        user_id=user_id,
        offer__campaign__state=CampaignState.PUBLISHED,
        offer__campaign__starts_at__gt=now,
    )
    return frozenset(rows.values_list("offer__public_id", flat=True)[:REMINDERS_COUNTED])


def flash_awaited(campaign_id: int, *, called_off: bool = False) -> tuple[FlashGist, ...]:
    """The campaign's offers that somebody waits for, with who does; nothing unless it stands, or
    was called off when that is what is to be told."""
    state = CampaignState.CANCELLED if called_off else CampaignState.PUBLISHED
    rows = FlashOffer.objects.select_related("campaign", "sku__product", "store").filter(
        campaign_id=campaign_id, campaign__state=state
    )
    waiting: dict[int, list[int]] = {}
    told = FlashReminder.objects.filter(offer__campaign_id=campaign_id).order_by("pk")
    for offer_id, user_id in told.values_list("offer_id", "user_id"):
        waiting.setdefault(offer_id, []).append(user_id)
    return tuple(
        FlashGist(
            offer_id=row.pk,
            public_id=row.public_id,
            store_id=row.store_id,
            store_name=row.store.name,
            goods=f"{row.sku.product.title} {row.sku.name}",
            flash_fen=min(row.flash_fen, row.sku.price_fen),
            starts_at=row.campaign.starts_at or row.campaign.slot()[0],
            user_ids=tuple(waiting[row.pk]),
        )
        for row in rows.order_by("pk")
        if row.pk in waiting
    )


def _terms(row: Any, *, now: datetime) -> FlashTerms:
    """Needs `_with_goods`."""
    campaign = row.campaign
    assert campaign.starts_at is not None
    assert campaign.ends_at is not None
    stands = campaign.state == CampaignState.PUBLISHED
    phase = _phase(campaign.starts_at, campaign.ends_at, now=now) if stands else ENDED
    return FlashTerms(
        offer_id=row.pk,
        public_id=row.public_id,
        store_id=row.store_id,
        product_id=row.sku.product_id,
        sku_id=row.sku_id,
        sku_name=row.sku.name,
        flash_fen=min(row.flash_fen, row.sku.price_fen),
        list_fen=min(row.list_fen, row.sku.price_fen),
        quota=row.quota,
        sold=row.sold,
        per_person=row.per_person,
        pay_minutes=campaign.pay_minutes,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        phase=phase,
        takes_coupons=campaign.takes_coupons,
        stock=row.sku.available,
        on_sale=row.on_sale,
        takes_orders=row.takes_orders,
        tells_soon=now >= campaign.starts_at - REMIND_BEFORE,
    )


def _shown(*, cancelled: bool = False) -> QuerySet[FlashOffer]:
    hidden = [CampaignState.DRAFT] if cancelled else [CampaignState.DRAFT, CampaignState.CANCELLED]
    return FlashOffer.objects.select_related("campaign", "sku").exclude(campaign__state__in=hidden)


def _with_goods(rows: QuerySet[FlashOffer], *, now: datetime) -> QuerySet[FlashOffer]:
    """With whether their goods may be bought while their slots run, in the same query."""
    at = Greatest(Value(now), F("campaign__starts_at"))
    return rows.annotate(on_sale=sku_on_sale(at, "sku__"), takes_orders=F("store__is_open"))


def _slots(*, now: datetime) -> list[FlashSlot]:
    """The slots of today and tomorrow that have something to show, the first to begin first; one
    query, however many offers there are."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = (
        _shown()
        .filter(campaign__ends_at__gt=today, campaign__starts_at__lt=today + timedelta(days=2))
        .order_by("campaign__starts_at", "campaign__ends_at")
        .values_list("campaign__starts_at", "campaign__ends_at")
        .distinct()
    )
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for starts_at, ends_at in rows:
        assert starts_at is not None
        assert ends_at is not None
        found.setdefault(slot_key(starts_at, ends_at), []).append((starts_at, ends_at))
    return [
        FlashSlot(
            key=key,
            starts=tuple(starts_at for starts_at, _ends_at in instants),
            ends=tuple(ends_at for _starts_at, ends_at in instants),
            phase=_phase(*instants[0], now=now),
            is_today=timezone.localtime(instants[0][0]).date() <= today.date(),
        )
        for key, instants in found.items()
    ]


def slot_key(starts_at: datetime, ends_at: datetime) -> str:
    """What a slot is called in an address."""
    start, end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    return f"{start:%m%d-%H%M}-{end:%H%M}"


def _phase(starts_at: datetime, ends_at: datetime, *, now: datetime) -> str:
    if ends_at <= now:
        return ENDED
    return RUNNING if starts_at <= now else COMING


def _chosen(slots: list[FlashSlot]) -> str:
    """The slot that runs, or the next one, or the last that ended."""
    for phase in (RUNNING, COMING):
        found = [one for one in slots if one.phase == phase]
        if found:
            return found[0].key
    return slots[-1].key
