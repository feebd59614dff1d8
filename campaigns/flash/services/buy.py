"""Buying at the flash price: past the gate, then one transaction down the lock sequence.

form key → order → payment → the buyer's own count → the offer's quota → SKUs
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.queries import AddressSnapshot
from campaigns.flash.gate import gate_enter, gate_leave
from campaigns.flash.locks import buyer_take, quota_take
from campaigns.flash.models import FlashBuyer, FlashOffer, FlashPurchase
from campaigns.flash.services.refusals import (
    BuyRefused,
    JustBeingTaken,
    LimitReached,
    NotStarted,
    SlotOver,
    SoldOut,
    StockGone,
)
from campaigns.flash.states import CampaignState
from catalog.queries import skus_for_sale
from catalog.services import OutOfStock
from core.idempotency import form_claim, form_first
from core.ids import public_id
from orders.pricing import CAMPAIGN_KINDS
from orders.services import Offer, OrderItem, order_place

OFFER = "flash"


def flash_enter(
    *, offer_public_id: str, user_id: int, quantity: int, form_key: str, now: datetime
) -> str:
    """Whether it is worth opening the order path: "" when it is, or the public id of the order that
    this form placed before.

    One read of the offer and one question to the gate; of whoever is refused, one more read. Raises
    BuyRefused. Whoever gets "" and does not buy calls `flash_leave`.
    """
    offer = offer_find(offer_public_id)
    refusal = offer_refusal(offer, quantity=quantity, now=now)
    if refusal is None:
        assert offer is not None
        if gate_enter(offer_id=offer.pk, left=offer.left, quantity=quantity, holder=form_key):
            return ""
        refusal = JustBeingTaken()
    first = form_first(owner=f"user:{user_id}", key=form_key)
    if first is not None and "order" in first:
        return str(first["order"])
    raise refusal


def flash_leave(*, offer_public_id: str, form_key: str) -> None:
    """Nothing came of a try that the gate had let in."""
    offer = offer_find(offer_public_id)
    if offer is not None:
        gate_leave(offer_id=offer.pk, holder=form_key)


def flash_buy(
    *,
    offer_public_id: str,
    quantity: int,
    user_id: int,
    address: AddressSnapshot,
    note: str,
    expected_payable_fen: int | None,
    form_key: str,
    now: datetime,
    wishes: Mapping[str, str] | None = None,
) -> str:
    """Order pieces at the flash price; the order's public id. PostgreSQL alone decides here.

    The second sender of a form key gets the first one's order. Raises BuyRefused, and whatever
    `order_place` raises.
    """
    order_ref = public_id("ord")
    offer = offer_find(offer_public_id)
    if offer is None:
        raise SlotOver
    with transaction.atomic():
        first = form_claim(
            owner=f"user:{user_id}",
            key=form_key,
            purpose="flash_buy",
            result={"order": order_ref},
            now=now,
        )
        if first is not None:
            return str(first["order"])
        if (refusal := buy_refusal(offer, user_id, quantity=quantity, now=now)) is not None:
            raise refusal

        def claim(order: Any) -> None:
            if not buyer_take(offer=offer, user_id=user_id, quantity=quantity):
                raise _limit_reached(offer, user_id)
            if not quota_take(offer_id=offer.pk, quantity=quantity, now=now):
                offer.refresh_from_db(fields=["sold"])
                raise SoldOut(offer.left) if quantity > offer.left else SlotOver()
            FlashPurchase.objects.create(
                store_id=offer.store_id,
                offer=offer,
                order_id=order.pk,
                user_id=user_id,
                quantity=quantity,
                bought_at=now,
            )

        sku = skus_for_sale([offer.sku_id]).get(offer.sku_id)
        if sku is None:
            raise StockGone
        try:
            order_place(
                buyer_id=user_id,
                store_id=offer.store_id,
                # A list price that fell below the flash price is the better one.
                items=[OrderItem(offer.sku_id, quantity, min(offer.flash_fen, sku.price_fen))],
                address=address,
                note=note,
                expected_payable_fen=expected_payable_fen,
                now=now,
                public_id=order_ref,
                offer=Offer(
                    kind=OFFER,
                    ref=offer.public_id,
                    claim=claim,
                    holds=False,
                    pay_before=now + timedelta(minutes=offer.campaign.pay_minutes),
                    takes=CAMPAIGN_KINDS if offer.campaign.takes_coupons else (),
                ),
                wishes=wishes,
            )
        except OutOfStock as error:
            raise StockGone from error
    return order_ref


def offer_find(public_id: str) -> FlashOffer | None:
    """The offer with its campaign, in one read; None for an unknown one or a draft's."""
    rows = FlashOffer.objects.select_related("campaign").filter(public_id=public_id)
    return rows.exclude(campaign__state=CampaignState.DRAFT).first()


def offer_refusal(offer: FlashOffer | None, *, quantity: int, now: datetime) -> BuyRefused | None:
    """Why nobody could buy so many now. Reads nothing."""
    if offer is None or offer.campaign.state != CampaignState.PUBLISHED:
        return SlotOver()
    campaign = offer.campaign
    assert campaign.starts_at is not None
    assert campaign.ends_at is not None
    if now < campaign.starts_at:
        return NotStarted(campaign.starts_at)
    if now >= campaign.ends_at:
        return SlotOver()
    if offer.left < max(quantity, 1):
        return SoldOut(offer.left)
    return None


def buy_refusal(
    offer: FlashOffer, user_id: int, *, quantity: int, now: datetime
) -> BuyRefused | None:
    """Why this person could not buy so many now. Reads only."""
    refusal = offer_refusal(offer, quantity=quantity, now=now)
    if refusal is not None:
        return refusal
    reached = _limit_reached(offer, user_id)
    return reached if quantity > reached.left else None


def _limit_reached(offer: FlashOffer, user_id: int) -> LimitReached:
    rows = FlashBuyer.objects.filter(offer=offer, user_id=user_id)
    bought = rows.values_list("bought", flat=True).first() or 0
    return LimitReached(offer.per_person, offer.per_person - bought)
