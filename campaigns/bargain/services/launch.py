"""Launching: the cuts are drawn and sealed, a piece of the quota and one in stock are reserved, the
clock starts.

form key → bargain → campaign quota → SKU
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from campaigns.bargain.events import BargainLaunched
from campaigns.bargain.locks import quota_take
from campaigns.bargain.models import Bargain, BargainCampaign
from campaigns.bargain.pieces import piece_take
from campaigns.bargain.schedule import NONCE_BYTES, Terms, commitment_of, schedule_draw
from campaigns.bargain.services.refusals import (
    AlreadyRunning,
    CampaignOver,
    LaunchLimitReached,
    LaunchRefused,
    NothingLeft,
    NotOnSale,
    PurchaseLimitReached,
    QuotaGone,
    StoreResting,
)
from campaigns.bargain.states import LIVE, BargainState, CampaignState
from catalog.queries import SkuForSale, skus_for_sale
from catalog.services import OutOfStock
from core.facts import facts_record
from core.idempotency import form_claim
from core.ids import public_id
from orders.queries import bought_quantities
from stores.queries import store_terms


@dataclass(frozen=True)
class Goods:
    """What a campaign is about, as it is now: `available` pieces at `price_fen` alone, for as long as
    they are `on_sale` and the store `takes_orders`."""

    available: int
    price_fen: int
    on_sale: bool
    takes_orders: bool


def bargain_launch(
    *, campaign_id: int, user_id: int, shows_profile: bool, form_key: str, now: datetime
) -> str:
    """Start a bargain; its public id. Its commitment is public from now on.

    `shows_profile` is the launcher's consent to be shown on its page. The second sender of a form
    key gets the first one's bargain. Raises LaunchRefused.
    """
    ref = public_id("brg")
    try:
        with transaction.atomic():
            first = form_claim(
                # A space of its own: a key of another form has no bargain to lead to.
                owner=f"bargain:{user_id}",
                key=form_key,
                purpose="bargain",
                result={"bargain": ref},
                now=now,
            )
            if first is not None:
                return str(first["bargain"])
            campaign, sku = _offer(campaign_id, now=now)
            _launch(ref, campaign, sku, user_id, shows_profile=shows_profile, now=now)
    except IntegrityError as error:
        if "bargain_one_live" not in str(error):
            raise
        raise _running(campaign_id, user_id) or AlreadyRunning() from error
    return ref


def launch_refusal(campaign_id: int, user_id: int, *, now: datetime) -> LaunchRefused | None:
    """Why the person could not launch now. Reads only."""
    try:
        campaign, sku = _offer(campaign_id, now=now)
    except LaunchRefused as refused:
        return _running(campaign_id, user_id) or refused
    if (mine := _running(campaign_id, user_id)) is not None:
        return mine
    if _launches(campaign, user_id) >= campaign.launches_per_person:
        return LaunchLimitReached(campaign.launches_per_person)
    if (limit := _purchase_limit_reached(sku, user_id)) is not None:
        return PurchaseLimitReached(limit)
    return QuotaGone() if campaign.quota_left < 1 else None


def offer_refusal(
    campaign: BargainCampaign, goods: Goods, *, now: datetime
) -> LaunchRefused | None:
    """Why nobody could launch now, the quota aside. Reads nothing."""
    runs = campaign.state == CampaignState.PUBLISHED and campaign.starts_at <= now
    cuts = _list_fen(campaign, goods.price_fen) - campaign.floor_fen
    if not runs or now >= campaign.ends_at or cuts < campaign.helpers:
        return CampaignOver()
    if not goods.takes_orders:
        return StoreResting()
    if not goods.on_sale:
        return NotOnSale()
    return NothingLeft() if goods.available < 1 else None


def _launch(
    ref: str,
    campaign: BargainCampaign,
    sku: SkuForSale,
    user_id: int,
    *,
    shows_profile: bool,
    now: datetime,
) -> None:
    list_fen = _list_fen(campaign, sku.price_fen)
    terms = Terms(
        bargain=ref,
        list_fen=list_fen,
        floor_fen=campaign.floor_fen,
        helpers=campaign.helpers,
        newcomer_slots=campaign.newcomer_slots,
        newcomer_weight=campaign.newcomer_weight,
    )
    sealed = schedule_draw(terms, secrets.token_bytes(NONCE_BYTES)).text
    deadline_at = now + timedelta(hours=campaign.hours)
    bargain = Bargain.objects.create(
        public_id=ref,
        store_id=campaign.store_id,
        campaign=campaign,
        launcher_id=user_id,
        list_fen=list_fen,
        floor_fen=campaign.floor_fen,
        helpers=campaign.helpers,
        newcomer_slots=campaign.newcomer_slots,
        commitment=commitment_of(sealed),
        sealed=sealed,
        shows_profile=shows_profile,
        reserved_as=ref,
        launched_at=now,
        deadline_at=deadline_at,
        due_at=deadline_at,
    )
    # After the row: its unique constraint makes one person's launches wait in line.
    if _launches(campaign, user_id) > campaign.launches_per_person:
        raise LaunchLimitReached(campaign.launches_per_person)
    if (limit := _purchase_limit_reached(sku, user_id)) is not None:
        raise PurchaseLimitReached(limit)
    facts_record(BargainLaunched.of(bargain), now=now)
    if not quota_take(campaign_id=campaign.pk):
        raise QuotaGone
    try:
        piece_take(sku_id=campaign.sku_id, reference=ref, now=now)
    except OutOfStock as error:
        raise NothingLeft from error


def _offer(campaign_id: int, *, now: datetime) -> tuple[BargainCampaign, SkuForSale]:
    """The running campaign and its SKU, of which one can be had."""
    campaign = BargainCampaign.objects.filter(pk=campaign_id).first()
    sku = skus_for_sale([campaign.sku_id]).get(campaign.sku_id) if campaign else None
    if campaign is None or sku is None:
        raise CampaignOver
    is_open = store_terms(campaign.store_id).is_open
    goods = Goods(sku.available, sku.price_fen, on_sale=sku.on_sale, takes_orders=is_open)
    if (refusal := offer_refusal(campaign, goods, now=now)) is not None:
        raise refusal
    return campaign, sku


def _list_fen(campaign: BargainCampaign, price_fen: int) -> int:
    """What a bargain starts from: never more than the SKU costs now."""
    return min(campaign.list_fen, price_fen)


def _purchase_limit_reached(sku: SkuForSale, user_id: int) -> int | None:
    """How many of the product one person may buy, when this one may buy no more: whoever helped would
    have helped in vain. Placing the order asks again."""
    limit = sku.purchase_limit
    if limit is None:
        return None
    bought = bought_quantities(user_id, [sku.product_id]).get(sku.product_id, 0)
    return limit if bought + 1 > limit else None


def _running(campaign_id: int, user_id: int) -> AlreadyRunning | None:
    live = Bargain.objects.filter(campaign_id=campaign_id, launcher_id=user_id, state__in=LIVE)
    ref = live.values_list("public_id", flat=True).first()
    return AlreadyRunning(ref) if ref else None


def _launches(campaign: BargainCampaign, user_id: int) -> int:
    # One whose paid order was cancelled bought nothing.
    mine = Bargain.objects.filter(campaign=campaign, launcher_id=user_id)
    return mine.exclude(state=BargainState.RETURNED).count()
