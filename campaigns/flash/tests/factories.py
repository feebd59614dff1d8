"""Campaigns of flash sales for tests, made through the services."""

from datetime import datetime, timedelta

from django.utils import timezone

from campaigns.flash.models import FlashCampaign, FlashOffer
from campaigns.flash.services import (
    REMIND_BEFORE,
    campaign_publish,
    flash_buy,
    flash_enter,
    flash_leave,
)
from catalog.models import Sku
from core import clock
from core.idempotency import form_key_new
from orders.tests.factories import Person, sku_on_sale
from stores.models import Store

FLASH_FEN = 3900


def draft_make(*, store: Store | None = None, **fields: object) -> FlashCampaign:
    """A campaign of tomorrow morning that has no offers yet."""
    tomorrow = timezone.localtime(clock.now()).date() + timedelta(days=1)
    values = {"day": tomorrow, **fields}
    if store is not None:
        values["store"] = store
    return FlashCampaign.objects.create(**values)


def offer_add(campaign: FlashCampaign, sku: Sku | None = None, **fields: object) -> FlashOffer:
    """A SKU of 59 yuan for 39."""
    sku = sku or sku_on_sale(campaign.store)
    return FlashOffer.objects.create(
        **{
            "store": campaign.store,
            "campaign": campaign,
            "sku": sku,
            "flash_fen": FLASH_FEN,
            "quota": 50,
            "per_person": 2,
            **fields,
        }
    )


def offer_make(
    *,
    store: Store | None = None,
    sku: Sku | None = None,
    on_hand: int = 100,
    publish: bool = True,
    running: bool = True,
    others: int = 0,
    **fields: object,
) -> FlashOffer:
    """An offer of a published campaign whose slot runs now, and so many others of it."""
    sku = sku or sku_on_sale(store, on_hand=on_hand)
    campaign = draft_make(store=sku.store)
    offer = offer_add(campaign, sku, **fields)
    for _ in range(others):
        offer_add(campaign)
    if publish:
        campaign_publish(campaign_id=campaign.pk, now=clock.now())
        if running:
            opened(offer)
    offer.refresh_from_db()
    return offer


def slot_move(offer: FlashOffer, starts_at: datetime, ends_at: datetime) -> None:
    """The slot of a published campaign, as if it had been another one and the ticks had come."""
    opens_at = starts_at - REMIND_BEFORE
    is_told = opens_at <= clock.now()
    FlashCampaign.objects.filter(pk=offer.campaign_id).update(
        starts_at=starts_at,
        ends_at=ends_at,
        due_at=ends_at if is_told else opens_at,
        opening_told_at=opens_at if is_told else None,
    )
    offer.refresh_from_db()


def opened(offer: FlashOffer) -> None:
    """The slot began a minute ago."""
    now = clock.now()
    slot_move(offer, now - timedelta(minutes=1), now + timedelta(hours=2))


def coming(offer: FlashOffer, minutes: int = 30) -> None:
    """The slot begins in some minutes."""
    now = clock.now()
    slot_move(offer, now + timedelta(minutes=minutes), now + timedelta(minutes=minutes + 60))


def over(offer: FlashOffer) -> None:
    """The slot ended a second ago."""
    now = clock.now()
    slot_move(offer, now - timedelta(hours=2), now - timedelta(seconds=1))


def buy(offer: FlashOffer, who: Person, *, quantity: int = 1, **changes: object) -> str:
    """An order at the flash price, not paid yet, past no gate; its public id."""
    return flash_buy(
        **{  # type: ignore[arg-type]
            "offer_public_id": offer.public_id,
            "quantity": quantity,
            "user_id": who.id,
            "address": who.address,
            "note": "",
            "expected_payable_fen": None,
            "form_key": form_key_new(),
            "now": clock.now(),
            **changes,
        }
    )


def attempt(offer: FlashOffer, who: Person, *, quantity: int = 1, form_key: str = "") -> str:
    """What the page does: through the gate, then the order, and the token back if nothing comes."""
    key = form_key or form_key_new()
    first = flash_enter(
        offer_public_id=offer.public_id,
        user_id=who.id,
        quantity=quantity,
        form_key=key,
        now=clock.now(),
    )
    if first:
        return first
    try:
        return buy(offer, who, quantity=quantity, form_key=key)
    except Exception:
        flash_leave(offer_public_id=offer.public_id, form_key=key)
        raise
