"""Reads of flash sales for pages, notices and the office."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from campaigns.flash.models import FlashCampaign, FlashOffer, FlashReminder
from campaigns.flash.services import (
    REMIND_BEFORE,
    BuyRefused,
    SlotOver,
    buy_refusal,
    offer_find,
)
from campaigns.flash.states import CampaignState
from catalog.queries import ProductCard, cards_of

COMING, RUNNING, ENDED = "coming", "running", "ended"
# A page shows so many offers of a day and the next one; what is more waits for its slot.
OFFERS_SHOWN = 400


@dataclass(frozen=True)
class FlashTerms:
    """An offer as everybody may see it. `phase` is by the server's clock."""

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
    may_remind: bool
    takes_coupons: bool

    @property
    def left(self) -> int:
        return self.quota - self.sold

    @property
    def can_buy(self) -> bool:
        return self.phase == RUNNING and self.left > 0

    @property
    def percent(self) -> int:
        """How much of the quota is in live orders, rounded down."""
        return self.sold * 100 // self.quota

    @property
    def slot(self) -> str:
        """What its slot is called in an address."""
        start, end = timezone.localtime(self.starts_at), timezone.localtime(self.ends_at)
        return f"{start:%m%d-%H%M}-{end:%H%M}"


@dataclass(frozen=True)
class FlashGoods:
    """An offer in a list, with its product."""

    terms: FlashTerms
    card: ProductCard


@dataclass(frozen=True)
class FlashSlot:
    """A slot as a tab."""

    key: str
    starts_at: datetime
    ends_at: datetime
    phase: str
    is_today: bool
    is_shown: bool


@dataclass(frozen=True)
class FlashPage:
    """The slots of today and tomorrow, and the goods of the one that is shown."""

    slots: tuple[FlashSlot, ...]
    shown: FlashSlot | None
    goods: tuple[FlashGoods, ...]


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


def flash_page(slot: str, *, now: datetime) -> FlashPage | None:
    """The page of a slot, "" for the one that matters now: running, or next, or the last one. None
    for a slot that is not there. Two queries and what the cards cost."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = _shown().filter(
        campaign__ends_at__gt=today, campaign__starts_at__lt=today + timedelta(days=2)
    )
    every = [
        terms_of(row, now=now)
        for row in rows.order_by("campaign__starts_at", "campaign__ends_at", "pk")[:OFFERS_SHOWN]
    ]
    first_of = {terms.slot: terms for terms in reversed(every)}
    keys = list(dict.fromkeys(terms.slot for terms in every))
    if slot and slot not in keys:
        return None
    chosen = slot or _chosen([first_of[key] for key in keys])
    slots = tuple(
        FlashSlot(
            key=key,
            starts_at=first_of[key].starts_at,
            ends_at=first_of[key].ends_at,
            phase=first_of[key].phase,
            is_today=timezone.localtime(first_of[key].starts_at).date() <= today.date(),
            is_shown=key == chosen,
        )
        for key in keys
    )
    mine = [terms for terms in every if terms.slot == chosen]
    cards = cards_of(list({terms.product_id for terms in mine})) if mine else {}
    return FlashPage(
        slots=slots,
        shown=next((one for one in slots if one.is_shown), None),
        goods=tuple(
            FlashGoods(terms, cards[terms.product_id])
            for terms in mine
            if terms.product_id in cards
        ),
    )


def flash_for_product(product_id: int, *, now: datetime) -> tuple[FlashTerms, ...]:
    """The product's offers that run or come until tomorrow night, the next first; one query."""
    limit = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = _shown().filter(
        sku__product_id=product_id,
        sku__removed_at=None,
        campaign__state=CampaignState.PUBLISHED,
        campaign__ends_at__gt=now,
        campaign__starts_at__lt=limit + timedelta(days=2),
    )
    return tuple(terms_of(row, now=now) for row in rows.order_by("campaign__starts_at", "pk")[:10])


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
    row = _shown(cancelled=True).filter(public_id=public_id).first()
    return terms_of(row, now=now) if row else None


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
    rows = FlashReminder.objects.filter(user_id=user_id, offer__campaign__starts_at__gt=now)
    return frozenset(rows.values_list("offer__public_id", flat=True)[:OFFERS_SHOWN])


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
            flash_fen=row.flash_fen,
            starts_at=row.campaign.starts_at or row.campaign.slot()[0],
            user_ids=tuple(waiting[row.pk]),
        )
        for row in rows.order_by("pk")
        if row.pk in waiting
    )


def terms_of(row: FlashOffer, *, now: datetime) -> FlashTerms:
    """Needs the offer's campaign and SKU with it."""
    campaign = row.campaign
    assert campaign.starts_at is not None
    assert campaign.ends_at is not None
    stands = campaign.state == CampaignState.PUBLISHED
    if not stands or campaign.ends_at <= now:
        phase = ENDED
    else:
        phase = RUNNING if campaign.starts_at <= now else COMING
    return FlashTerms(
        offer_id=row.pk,
        public_id=row.public_id,
        store_id=row.store_id,
        product_id=row.sku.product_id,
        sku_id=row.sku_id,
        sku_name=row.sku.name,
        flash_fen=row.flash_fen,
        list_fen=row.list_fen,
        quota=row.quota,
        sold=row.sold,
        per_person=row.per_person,
        pay_minutes=campaign.pay_minutes,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        phase=phase,
        may_remind=phase == COMING and now < campaign.starts_at - REMIND_BEFORE,
        takes_coupons=campaign.takes_coupons,
    )


def _shown(*, cancelled: bool = False) -> QuerySet[FlashOffer]:
    hidden = [CampaignState.DRAFT] if cancelled else [CampaignState.DRAFT, CampaignState.CANCELLED]
    return FlashOffer.objects.select_related("campaign", "sku").exclude(campaign__state__in=hidden)


def _chosen(slots: list[FlashTerms]) -> str:
    """The slot that runs, or the next one, or the last that ended."""
    for phase in (RUNNING, COMING):
        found = [one for one in slots if one.phase == phase]
        if found:
            return found[0].slot
    return slots[-1].slot if slots else ""
