"""A campaign's life: published once its terms make sense, ended by its clock or its merchant."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from campaigns.bargain.locks import campaign_lock
from campaigns.bargain.models import BargainCampaign
from campaigns.bargain.states import CAMPAIGN, CampaignState
from catalog.queries import SkuForSale, skus_for_sale
from core.money import yuan
from guard.outlook import Outlook, Piece
from orders.freights import most_freight_fen
from stores.queries import store_terms


class CampaignRefused(Exception):
    """The campaign cannot be published; the message says what to change, for the merchant."""


def campaign_publish(*, campaign_id: int, now: datetime) -> bool:
    """Show the campaign to shoppers; False when it was published before.

    It starts from the SKU's own price of this moment; its money fields never change again. Raises
    CampaignRefused.
    """
    try:
        with transaction.atomic():
            campaign = campaign_lock(campaign_id)
            if campaign.state == CampaignState.PUBLISHED:
                return False
            if campaign.state != CampaignState.DRAFT:
                raise CampaignRefused(_("活动已经结束，请新建一个活动。"))
            sku = _checked(campaign, now=now)
            return CAMPAIGN.move_row(
                campaign,
                "publish",
                now=now,
                changes={
                    "published_at": now,
                    "list_fen": sku.price_fen,
                    "due_at": campaign.ends_at,
                },
            )
    except IntegrityError as error:
        if "bargain_one_published_per_sku" not in str(error):
            raise
        raise CampaignRefused(_("这个规格已有一个进行中的砍价活动，请先停止它。")) from error


def campaign_editable(*, campaign_id: int) -> bool:
    """Whether it is still a draft; locked until the caller's transaction ends."""
    return campaign_lock(campaign_id).state == CampaignState.DRAFT


def campaign_end(*, campaign_id: int, now: datetime) -> bool:
    """Stop a campaign: nobody launches any more, running bargains keep their deadline."""
    with transaction.atomic():
        campaign = campaign_lock(campaign_id)
        return CAMPAIGN.move_row(
            campaign, "end", now=now, changes={"ended_at": now, "due_at": None}
        )


def campaign_end_due(*, campaign_id: int, now: datetime) -> datetime | None:
    """The campaign's end has come; when to look again, None when it is ended."""
    ends_at = BargainCampaign.objects.values_list("ends_at", flat=True).get(pk=campaign_id)
    if now < ends_at:
        return ends_at
    campaign_end(campaign_id=campaign_id, now=now)
    return None


def campaign_outlook(campaign: BargainCampaign) -> Outlook | None:
    """What the campaign would earn, need and give back; None while it has no SKU. Reads only."""
    sku = skus_for_sale([campaign.sku_id]).get(campaign.sku_id) if campaign.sku_id else None
    if sku is None or not campaign.floor_fen:
        return None
    list_fen = min(campaign.list_fen or sku.price_fen, sku.price_fen)
    floor_fen = min(campaign.floor_fen, list_fen)
    flat_fen = store_terms(campaign.store_id).freight_fen
    only = Piece(
        name=sku.name,
        least_fen=floor_fen,
        # Whoever may buy on the way pays up to the whole price.
        most_fen=list_fen if campaign.buy_midway else floor_fen,
        cost_fen=campaign.sku.cost_fen,
        freight_fen=most_freight_fen(flat_fen, [sku])[sku.id],
        quota=campaign.quota,
        available=max(sku.available, 0),
    )
    return Outlook((only,))


def campaign_given_fen(campaign: BargainCampaign) -> int:
    """What a piece at the floor costs less than alone."""
    list_fen = min(campaign.list_fen or campaign.sku.price_fen, campaign.sku.price_fen)
    return max(list_fen - campaign.floor_fen, 0)


def campaign_advice(*, campaign_id: int) -> list[str]:
    """What is allowed and yet probably not meant, and what WeChat's policy says, in sentences."""
    campaign = BargainCampaign.objects.select_related("sku").get(pk=campaign_id)
    outlook = campaign_outlook(campaign)
    advice = []
    if outlook is not None and outlook.missing:
        advice.append(
            _("可售库存只有 %(stock)d 件，少于活动名额 %(quota)d 件。")
            % {"stock": outlook.available, "quota": outlook.quota}
        )
    if outlook is not None and outlook.margin_fen is not None and outlook.margin_fen < 0:
        advice.append(_("底价低于成本：每件亏 %(loss)s 元。") % {"loss": yuan(-outlook.margin_fen)})
    if campaign.wechat_risk_accepted:
        advice.append(_("你选择在微信内开放帮砍：这违反微信外部链接规范，域名可能被封。"))
    else:
        advice.append(_("微信内只展示现价和购买，帮砍在浏览器里进行（微信外部链接规范）。"))
    return advice


def _checked(campaign: BargainCampaign, *, now: datetime) -> SkuForSale:
    sku = skus_for_sale([campaign.sku_id]).get(campaign.sku_id)
    if sku is None or sku.store_id != campaign.store_id:
        raise CampaignRefused(_("找不到这个规格，请重新选择。"))
    if not sku.on_sale:
        raise CampaignRefused(_("“%(sku)s”没有上架，请先上架商品。") % {"sku": sku.name})
    if campaign.ends_at <= now:
        raise CampaignRefused(_("结束时间已过，请改到以后。"))
    if campaign.floor_fen >= sku.price_fen:
        raise CampaignRefused(
            _("底价应低于单独购买价 %(price)s 元。") % {"price": yuan(sku.price_fen)}
        )
    if sku.price_fen - campaign.floor_fen < campaign.helpers:
        raise CampaignRefused(_("起始价和底价相差太小，不够每人砍 1 分钱：请降低底价或减少人数。"))
    return sku
