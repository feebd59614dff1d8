"""A campaign's life: published once its terms make sense, told of before it opens, ended by its
clock or its merchant."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.flash.events import FlashCalledOff, FlashSlotOpening
from campaigns.flash.locks import campaign_lock, publishing_lock
from campaigns.flash.models import FlashCampaign, FlashOffer
from campaigns.flash.states import CAMPAIGN, CampaignState
from catalog.queries import SkuForSale, skus_for_sale
from core.facts import facts_record
from core.money import yuan
from guard.outlook import Outlook, Piece
from orders.freights import most_freight_fen
from stores.queries import store_terms

# So long before the start those who asked for it are reminded.
REMIND_BEFORE = timedelta(minutes=5)


class CampaignRefused(Exception):
    """The campaign cannot be published; the message says what to change, for the merchant."""


def campaign_publish(*, campaign_id: int, now: datetime) -> bool:
    """Show the campaign to shoppers; False when it was published before.

    Its offers keep the SKUs' own prices of this moment beside theirs; its money fields never change
    again. Raises CampaignRefused.
    """
    with transaction.atomic():
        campaign = campaign_lock(campaign_id)
        if campaign.state == CampaignState.PUBLISHED:
            return False
        if campaign.state != CampaignState.DRAFT:
            raise CampaignRefused(_("活动已经结束，请新建一个活动。"))
        publishing_lock(campaign.store_id)
        offers = list(campaign.offers.order_by("pk"))
        starts_at, ends_at = campaign.slot()
        skus = _checked(campaign, offers, starts_at=starts_at, ends_at=ends_at, now=now)
        for offer in offers:
            offer.list_fen = skus[offer.sku_id].price_fen
        FlashOffer.objects.bulk_update(offers, ["list_fen"])
        return CAMPAIGN.move_row(
            campaign,
            "publish",
            now=now,
            changes={
                "published_at": now,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "due_at": max(starts_at - REMIND_BEFORE, now),
            },
        )


def campaign_editable(*, campaign_id: int) -> bool:
    """Whether it is still a draft; locked until the caller's transaction ends."""
    return campaign_lock(campaign_id).state == CampaignState.DRAFT


def campaign_cancel(*, campaign_id: int, now: datetime) -> bool:
    """Call a campaign off: nobody buys any more, orders that were placed stand, and whoever waits
    for an opening that will not come is told. False when it was not published or is over."""
    with transaction.atomic():
        campaign = campaign_lock(campaign_id)
        ends = {"ended_at": now, "due_at": None}
        if not CAMPAIGN.move_row(campaign, "cancel", now=now, changes=ends):
            return False
        if campaign.starts_at is not None and now < campaign.starts_at:
            facts_record(FlashCalledOff(flash_id=campaign.pk, store_id=campaign.store_id), now=now)
        return True


def campaign_tick(*, campaign_id: int, now: datetime) -> datetime | None:
    """An instant of the campaign may have come; when to look again, None when nothing is left.

    The opening is told once, a few minutes before the start, or late rather than never while the
    slot runs; the end ends it.
    """
    with transaction.atomic():
        campaign = campaign_lock(campaign_id)
        if campaign.state != CampaignState.PUBLISHED:
            return None
        assert campaign.starts_at is not None
        assert campaign.ends_at is not None
        if now >= campaign.ends_at:
            CAMPAIGN.move_row(campaign, "end", now=now, changes={"ended_at": now, "due_at": None})
            return None
        opens_at = campaign.starts_at - REMIND_BEFORE
        if now < opens_at:
            return opens_at
        if campaign.opening_told_at is None:
            FlashCampaign.objects.filter(pk=campaign.pk).update(opening_told_at=now)
            facts_record(
                FlashSlotOpening(flash_id=campaign.pk, store_id=campaign.store_id), now=now
            )
        return campaign.ends_at


def campaign_outlook(campaign: FlashCampaign) -> Outlook | None:
    """What the campaign would earn, need and give back; None while it has no offer. Reads only."""
    offers = list(campaign.offers.select_related("sku__product").order_by("pk"))
    if not offers:
        return None
    skus = skus_for_sale([offer.sku_id for offer in offers])
    freight = most_freight_fen(store_terms(campaign.store_id).freight_fen, skus.values())
    return Outlook(
        tuple(
            Piece(
                name=f"{offer.sku.product.title} {offer.sku.name}",
                # Nobody pays more than alone: a list price that fell below is what is paid.
                least_fen=min(offer.flash_fen, offer.sku.price_fen),
                most_fen=min(offer.flash_fen, offer.sku.price_fen),
                cost_fen=offer.sku.cost_fen,
                freight_fen=freight.get(offer.sku_id, 0),
                quota=offer.quota,
                available=max(skus[offer.sku_id].available, 0) if offer.sku_id in skus else 0,
            )
            for offer in offers
        )
    )


def campaign_given_fen(campaign: FlashCampaign) -> int:
    """What all of its pieces cost less than alone."""
    offers = campaign.offers.select_related("sku")
    return sum(max(offer.sku.price_fen - offer.flash_fen, 0) * offer.quota for offer in offers)


def campaign_advice(*, campaign_id: int) -> list[str]:
    """What is allowed and yet probably not meant, in sentences."""
    campaign = FlashCampaign.objects.get(pk=campaign_id)
    advice = []
    found = campaign_outlook(campaign)
    for one in found.pieces if found is not None else ():
        if one.missing:
            said = _("“%(name)s”可售库存只有 %(stock)d 件，少于名额 %(quota)d 件。")
            advice.append(said % {"name": one.name, "stock": one.available, "quota": one.quota})
        if one.margin_fen is not None and one.margin_fen < 0:
            said = _("“%(name)s”秒杀价低于成本：每件亏 %(loss)s 元。")
            advice.append(said % {"name": one.name, "loss": yuan(-one.margin_fen)})
    return advice


def _checked(
    campaign: FlashCampaign,
    offers: Sequence[FlashOffer],
    *,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> dict[int, SkuForSale]:
    if not offers:
        raise CampaignRefused(_("请至少添加一个秒杀商品。"))
    if ends_at <= starts_at:
        raise CampaignRefused(_("结束时间应晚于开抢时间。"))
    if ends_at <= now:
        raise CampaignRefused(_("这个时段已经过去，请改到以后。"))
    skus = skus_for_sale([offer.sku_id for offer in offers])
    for offer in offers:
        sku = skus.get(offer.sku_id)
        if sku is None or sku.store_id != campaign.store_id:
            raise CampaignRefused(_("找不到其中一个规格，请重新选择。"))
        named = f"{sku.title} {sku.name}"
        if not sku.on_sale:
            raise CampaignRefused(_("“%(sku)s”没有上架，请先上架商品。") % {"sku": named})
        if offer.flash_fen >= sku.price_fen:
            said = _("“%(sku)s”的秒杀价应低于单独购买价 %(price)s 元。")
            raise CampaignRefused(said % {"sku": named, "price": yuan(sku.price_fen)})
        if offer.per_person > offer.quota:
            raise CampaignRefused(_("“%(sku)s”每人限购多于名额，请改小。") % {"sku": named})
    clashes = FlashOffer.objects.filter(
        sku_id__in=[offer.sku_id for offer in offers],
        campaign__state=CampaignState.PUBLISHED,
        campaign__starts_at__lt=ends_at,
        campaign__ends_at__gt=starts_at,
    )
    if clashes.exists():
        raise CampaignRefused(_("其中一个规格在同一时段已有秒杀，请换时段或先取消那一个。"))
    return skus
