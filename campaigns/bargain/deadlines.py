"""What bargains do by themselves: each one expires at its own deadline, campaigns end."""

from datetime import datetime

from campaigns.bargain.models import Bargain, BargainCampaign
from campaigns.bargain.services import bargain_expire, campaign_end_due
from core.deadlines import DeadlineKind, deadline_register


def bargain_due(bargain_id: int, *, now: datetime) -> datetime | None:
    return bargain_expire(bargain_id=bargain_id, now=now)


def campaign_due(campaign_id: int, *, now: datetime) -> datetime | None:
    return campaign_end_due(campaign_id=campaign_id, now=now)


deadline_register(DeadlineKind(name="bargain.bargain", model=Bargain, handler=bargain_due))
deadline_register(
    DeadlineKind(name="bargain.campaign", model=BargainCampaign, handler=campaign_due)
)
