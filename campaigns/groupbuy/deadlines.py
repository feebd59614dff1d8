"""What group-buy does by itself: groups are decided, campaigns end."""

from datetime import datetime

from campaigns.groupbuy.models import Group, GroupCampaign
from campaigns.groupbuy.services import campaign_end_due, group_expire
from core.deadlines import DeadlineKind, deadline_register


def group_due(group_id: int, *, now: datetime) -> datetime | None:
    return group_expire(group_id=group_id, now=now)


def campaign_due(campaign_id: int, *, now: datetime) -> datetime | None:
    return campaign_end_due(campaign_id=campaign_id, now=now)


deadline_register(DeadlineKind(name="groupbuy.group", model=Group, handler=group_due))
deadline_register(DeadlineKind(name="groupbuy.campaign", model=GroupCampaign, handler=campaign_due))
