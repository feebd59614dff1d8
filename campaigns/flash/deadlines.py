"""What flash sales do by themselves: tell of an opening a few minutes before it, and end."""

from datetime import datetime

from campaigns.flash.models import FlashCampaign
from campaigns.flash.services import campaign_tick
from core.deadlines import DeadlineKind, deadline_register


def campaign_due(campaign_id: int, *, now: datetime) -> datetime | None:
    return campaign_tick(campaign_id=campaign_id, now=now)


deadline_register(DeadlineKind(name="flash.campaign", model=FlashCampaign, handler=campaign_due))
