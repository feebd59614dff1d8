"""A campaign's life: published once its terms make sense, ended by its clock or its merchant."""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from campaigns.groupbuy.deals import Tier, deal_of, tiers_of
from campaigns.groupbuy.locks import campaign_lock, groups_free
from campaigns.groupbuy.models import Group, GroupCampaign, GroupPrice
from campaigns.groupbuy.services.decide import LOOK_AGAIN, CancelRefused, group_cancel
from campaigns.groupbuy.services.seats import REASON_LENGTH
from campaigns.groupbuy.states import CAMPAIGN, UNDECIDED, CampaignState
from catalog.queries import SkuForSale, skus_for_sale
from core.busy import is_busy
from core.money import yuan
from guard.outlook import Outlook, Piece
from orders.freights import most_freight_fen
from stores.queries import store_terms

log = logging.getLogger(__name__)

# So many groups are given up while the merchant waits, and so many each time it is due afterwards.
AT_ONCE, BATCH = 20, 100


class CampaignRefused(Exception):
    """The campaign cannot be published; the message says what to change, for the merchant."""


def campaign_outlook(campaign: GroupCampaign) -> Outlook | None:
    """What the campaign would earn, need and give back; None while it has no price. Reads only."""
    rows = list(campaign.prices.select_related("sku").order_by("pk"))
    if not rows:
        return None
    off_fen = deal_of(campaign).off_fen(campaign.size)
    skus = skus_for_sale([row.sku_id for row in rows])
    freight = most_freight_fen(store_terms(campaign.store_id).freight_fen, skus.values())
    return Outlook(
        tuple(
            Piece(
                name=row.sku.name,
                # Nobody pays more than alone: a list price that fell below is what is paid.
                least_fen=max(min(row.lead_fen, row.sku.price_fen) - off_fen, 1),
                most_fen=min(row.price_fen, row.sku.price_fen),
                cost_fen=row.sku.cost_fen,
                freight_fen=freight[row.sku_id],
                quota=campaign.quota,
                available=max(skus[row.sku_id].available, 0),
            )
            for row in rows
        ),
        shares_quota=True,
    )


def campaign_rebate_fen(campaign: GroupCampaign) -> int:
    """The most that a ladder gives back when every group reaches its last step; 0 without one."""
    return deal_of(campaign).off_fen(campaign.size) * campaign.quota


def campaign_cancel(*, campaign_id: int, reason: str, by_id: int | None, now: datetime) -> int:
    """Stop a campaign and give up every group of it that is not decided: the first few here, how many
    is returned, the rest by its deadline. None succeeds any more; a draft has none.

    What is to be done is stored before anything of it is done, so neither a group that is held nor a
    restart leaves the rest running. Whoever cancels it again goes on with it: the first `reason`, which
    is never empty and shown to the members, stays.
    """
    with transaction.atomic():
        campaign_end(campaign_id=campaign_id, now=now)
        ended = GroupCampaign.objects.filter(pk=campaign_id, state=CampaignState.ENDED)
        ended.filter(cancelled_at=None).update(
            cancelled_at=now, cancelled_by=by_id, cancel_reason=reason[:REASON_LENGTH]
        )
        ended.update(due_at=now, due_attempts=0, due_parked_at=None)
    given_up, _trouble = _give_up(campaign_id, limit=AT_ONCE, now=now)
    return given_up


def campaign_left(*, campaign_id: int) -> int:
    """How many groups a cancelled campaign has yet to give up."""
    return _to_give_up(campaign_id).count()


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


def campaign_editable(*, campaign_id: int) -> bool:
    """Whether it is still a draft; locked until the caller's transaction ends."""
    return campaign_lock(campaign_id).state == CampaignState.DRAFT


def campaign_end(*, campaign_id: int, now: datetime) -> bool:
    """Stop a campaign: nobody leads a new group, open groups run to their own deadline."""
    with transaction.atomic():
        campaign = campaign_lock(campaign_id)
        return CAMPAIGN.move_row(
            campaign, "end", now=now, changes={"ended_at": now, "due_at": None}
        )


def campaign_end_due(*, campaign_id: int, now: datetime) -> datetime | None:
    """The campaign's end has come, or its merchant cancelled it; when to look again, None when it is
    ended and no group is left to give up."""
    campaign = GroupCampaign.objects.get(pk=campaign_id)
    if campaign.cancelled_at is not None:
        return _give_up_more(campaign_id, now=now)
    if now < campaign.ends_at:
        return campaign.ends_at
    campaign_end(campaign_id=campaign_id, now=now)
    return None


def campaign_advice(*, campaign_id: int) -> list[str]:
    """What is allowed and yet probably not meant, in sentences for the merchant."""
    campaign = GroupCampaign.objects.get(pk=campaign_id)
    outlook = campaign_outlook(campaign)
    advice = []
    if outlook is not None and outlook.missing:
        advice.append(
            _("可售库存只有 %(stock)d 件，少于活动库存 %(quota)d 件。")
            % {"stock": outlook.available, "quota": outlook.quota}
        )
    if outlook is not None and outlook.margin_fen is not None and outlook.margin_fen < 0:
        advice.append(
            _("最低价低于成本：每件最多亏 %(loss)s 元。") % {"loss": yuan(-outlook.margin_fen)}
        )
    return advice


def _to_give_up(campaign_id: int) -> QuerySet[Group]:
    """The groups that neither are decided nor wait for their leader's order to close."""
    return Group.objects.filter(campaign_id=campaign_id, state__in=UNDECIDED, fail_reason="")


def _give_up_more(campaign_id: int, *, now: datetime) -> datetime | None:
    """Give up a batch of what is left of a cancelled campaign; when to go on, None when nothing is.

    A group that cannot be given up is an error once no other is left: then it is tried less often, and
    in the end somebody is told.
    """
    given_up, trouble = _give_up(campaign_id, limit=BATCH, now=now)
    if trouble is not None and not given_up:
        raise trouble
    if not _to_give_up(campaign_id).exists():
        return None
    return now if given_up else now + LOOK_AGAIN


def _give_up(campaign_id: int, *, limit: int, now: datetime) -> tuple[int, Exception | None]:
    """Give up so many groups of a cancelled campaign, each in a transaction of its own; how many those
    were, and the last error if there was one."""
    reason = GroupCampaign.objects.values_list("cancel_reason", flat=True).get(pk=campaign_id)
    given_up = 0
    trouble: Exception | None = None
    for group_id in groups_free(_to_give_up(campaign_id), limit=limit):
        try:
            given_up += group_cancel(group_id=group_id, reason=reason, now=now)
        except CancelRefused:
            pass  # It succeeded a moment ago.
        except Exception as error:
            log.exception("group %s of campaign %s was not given up", group_id, campaign_id)
            trouble = error
            if is_busy(error):
                break  # Whoever waits that long for one, waits as long for the next.
    return given_up, trouble


def _check(campaign: GroupCampaign, *, now: datetime) -> None:
    rows = list(campaign.prices.all())
    prices = {row.sku_id: row.price_fen for row in rows}
    if not prices:
        raise CampaignRefused(_("请至少给一个规格填写拼团价。"))
    if campaign.ends_at <= now:
        raise CampaignRefused(_("结束时间已过，请改到以后。"))
    if campaign.limit_per_order > campaign.limit_per_person:
        raise CampaignRefused(_("每单限购不能多于每人限购。"))
    if campaign.least_people is not None and not 2 <= campaign.least <= campaign.size:
        raise CampaignRefused(_("最少成团人数要在 2 和成团人数之间。"))
    if campaign.quota < campaign.enough:
        raise CampaignRefused(
            _("活动库存 %(quota)d 件，凑不满一个 %(size)d 人团。")
            % {"quota": campaign.quota, "size": campaign.enough}
        )
    _check_ladder(campaign, rows)
    skus = skus_for_sale(prices)
    for row in rows:
        _check_price(campaign, skus.get(row.sku_id), row)


def _check_ladder(campaign: GroupCampaign, prices: list[GroupPrice]) -> None:
    tiers = tiers_of(campaign.pk)
    if not campaign.has_ladder:
        if tiers:
            raise CampaignRefused(_("只有阶梯团才用阶梯：请删去阶梯，或把“到时人不齐”选成阶梯团。"))
        return
    if not tiers:
        raise CampaignRefused(_("阶梯团请至少填写一级阶梯，例如满 5 人每件再减 4 元。"))
    before = Tier(campaign.least, 0)
    for tier in tiers:
        if tier.people <= before.people or tier.off_fen <= before.off_fen:
            raise CampaignRefused(
                _("每一级阶梯的人数和减价都要比上一级多，第一级多于最少成团人数。")
            )
        before = tier
    if before.people > campaign.size:
        raise CampaignRefused(
            _("最高一级是 %(people)d 人，超过了成团人数 %(size)d 人。")
            % {"people": before.people, "size": campaign.size}
        )
    if any(row.lead_fen <= before.off_fen for row in prices):
        raise CampaignRefused(_("减到最高一级后有规格的价格不足 1 分钱，请减少优惠。"))


def _check_price(campaign: GroupCampaign, sku: SkuForSale | None, price: GroupPrice) -> None:
    if sku is None or sku.product_id != campaign.product_id or sku.store_id != campaign.store_id:
        raise CampaignRefused(_("有一个规格不属于这个商品，请删去它的拼团价。"))
    if not sku.on_sale:
        raise CampaignRefused(_("“%(sku)s”没有上架，请先上架商品。") % {"sku": sku.name})
    if price.price_fen >= sku.price_fen:
        raise CampaignRefused(
            _("“%(sku)s”的拼团价应低于单独购买价 %(price)s 元。")
            % {"sku": sku.name, "price": yuan(sku.price_fen)}
        )
