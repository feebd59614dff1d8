"""Every lock of bargains, and the counters that are scarce.

A bargain comes first in the sequence of `docs/locking.md`, its campaign's quota second to last:

    helper's day → bargain → order → payment → campaign quota → SKUs

A helper's own day is counted before the bargain, because the bargain is the row that fifty helpers
want at once.
"""

from datetime import date, datetime

from django.db import connection
from django.db.models import F

from campaigns.bargain.models import Bargain, BargainCampaign
from campaigns.bargain.states import BargainState

_DAY_TAKE = """
    INSERT INTO bargain_helperday AS mine (store_id, campaign_id, user_id, day, helps, "limit")
    VALUES (%s, %s, %s, %s, 1, %s)
    ON CONFLICT (campaign_id, user_id, day) DO UPDATE SET helps = mine.helps + 1
    WHERE mine.helps < mine."limit"
"""
_CUT_TAKE = """
    UPDATE bargain_bargain SET helps = helps + 1, newcomer_taken = newcomer_taken + %s,
        cut_fen = cut_fen + %s
    WHERE id = %s AND state = %s AND deadline_at > %s AND helps < helpers
        AND list_fen - floor_fen >= cut_fen + %s
"""
_QUOTA_TAKE = """
    UPDATE bargain_bargaincampaign SET quota_used = quota_used + 1
    WHERE id = %s AND quota >= quota_used + 1
"""


def bargain_lock(bargain_id: int) -> Bargain:
    """The bargain, locked until the transaction ends. Raises Bargain.DoesNotExist."""
    return Bargain.objects.select_for_update(no_key=True).get(pk=bargain_id)


def campaign_lock(campaign_id: int) -> BargainCampaign:
    """The campaign, for publishing and ending it. Raises BargainCampaign.DoesNotExist."""
    return BargainCampaign.objects.select_for_update(no_key=True).get(pk=campaign_id)


def day_take(*, campaign: BargainCampaign, user_id: int, day: date) -> bool:
    """Count one more help of the person's day; False at the limit. Two at once wait here."""
    with connection.cursor() as cursor:
        cursor.execute(
            _DAY_TAKE, [campaign.store_id, campaign.pk, user_id, day, campaign.helps_per_day]
        )
        return cursor.rowcount == 1


def cut_take(*, bargain_id: int, is_newcomers: bool, cut_fen: int, now: datetime) -> bool:
    """Count a help and its cut, if the bargain still runs and has one left."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CUT_TAKE,
            [int(is_newcomers), cut_fen, bargain_id, BargainState.RUNNING, now, cut_fen],
        )
        return cursor.rowcount == 1


def quota_take(*, campaign_id: int) -> bool:
    """Reserve one piece of the campaign's quota, if one is left."""
    with connection.cursor() as cursor:
        cursor.execute(_QUOTA_TAKE, [campaign_id])
        return cursor.rowcount == 1


def quota_give_back(*, campaign_id: int) -> None:
    """Return the piece that a bargain had reserved."""
    BargainCampaign.objects.filter(pk=campaign_id).update(quota_used=F("quota_used") - 1)
