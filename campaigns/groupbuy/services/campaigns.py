"""A campaign's life: published once its terms make sense, ended by its clock or its merchant."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from campaigns.groupbuy.locks import campaign_lock
from campaigns.groupbuy.models import GroupCampaign
from campaigns.groupbuy.states import CAMPAIGN, CampaignState
from catalog.queries import SkuForSale, skus_for_sale
from core.money import yuan


class CampaignRefused(Exception):
    """The campaign cannot be published; the message says what to change, for the merchant."""


def campaign_publish(*, campaign_id: int, now: datetime) -> bool:
    """Show the campaign to shoppers; False when it was published before.

    From now on its money fields never change. Raises CampaignRefused.
    """
    try:
        with transaction.atomic():
            campaign = campaign_lock(campaign_id)
            if campaign.state == CampaignState.PUBLISHED:
                return False
            if campaign.state != CampaignState.DRAFT:
                raise CampaignRefused(_("活动已经结束，请新建一个活动。"))
            _check(campaign, now=now)
            return CAMPAIGN.move_row(
                campaign,
                "publish",
                now=now,
                changes={"published_at": now, "due_at": campaign.ends_at},
            )
    except IntegrityError as error:
        if "groupbuy_one_published_per_product" not in str(error):
            raise
        raise CampaignRefused(_("这个商品已有一个进行中的拼团，请先停止它。")) from error


def campaign_end(*, campaign_id: int, now: datetime) -> bool:
    """Stop a campaign: nobody leads a new group, open groups run to their own deadline."""
    with transaction.atomic():
        campaign = campaign_lock(campaign_id)
        return CAMPAIGN.move_row(
            campaign, "end", now=now, changes={"ended_at": now, "due_at": None}
        )


def campaign_end_due(*, campaign_id: int, now: datetime) -> datetime | None:
    """The campaign's end has come; when to look again, None when it is ended."""
    ends_at = GroupCampaign.objects.values_list("ends_at", flat=True).get(pk=campaign_id)
    if now < ends_at:
        return ends_at
    campaign_end(campaign_id=campaign_id, now=now)
    return None


def campaign_advice(*, campaign_id: int) -> list[str]:
    """What is allowed and yet probably not meant, in sentences for the merchant."""
    campaign = GroupCampaign.objects.get(pk=campaign_id)
    skus = skus_for_sale(_prices(campaign))
    stock = sum(max(sku.available, 0) for sku in skus.values())
    advice = []
    if stock < campaign.quota:
        advice.append(
            _("可售库存只有 %(stock)d 件，少于活动库存 %(quota)d 件。")
            % {"stock": stock, "quota": campaign.quota}
        )
    if campaign.quota < campaign.size:
        advice.append(
            _("活动库存 %(quota)d 件，凑不满一个 %(size)d 人团。")
            % {"quota": campaign.quota, "size": campaign.size}
        )
    return advice


def _check(campaign: GroupCampaign, *, now: datetime) -> None:
    prices = _prices(campaign)
    if not prices:
        raise CampaignRefused(_("请至少给一个规格填写拼团价。"))
    if campaign.ends_at <= now:
        raise CampaignRefused(_("结束时间已过，请改到以后。"))
    if campaign.limit_per_order > campaign.limit_per_person:
        raise CampaignRefused(_("每单限购不能多于每人限购。"))
    skus = skus_for_sale(prices)
    for sku_id, price_fen in prices.items():
        _check_price(campaign, skus.get(sku_id), price_fen)


def _check_price(campaign: GroupCampaign, sku: SkuForSale | None, price_fen: int) -> None:
    if sku is None or sku.product_id != campaign.product_id or sku.store_id != campaign.store_id:
        raise CampaignRefused(_("有一个规格不属于这个商品，请删去它的拼团价。"))
    if not sku.on_sale:
        raise CampaignRefused(_("“%(sku)s”没有上架，请先上架商品。") % {"sku": sku.name})
    if price_fen >= sku.price_fen:
        raise CampaignRefused(
            _("“%(sku)s”的拼团价应低于单独购买价 %(price)s 元。")
            % {"sku": sku.name, "price": yuan(sku.price_fen)}
        )


def _prices(campaign: GroupCampaign) -> dict[int, int]:
    return dict(campaign.prices.values_list("sku_id", "price_fen"))
