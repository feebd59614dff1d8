"""Group-buy, one file per act: lead, join, seats as money comes or not, deciding, campaigns."""

from campaigns.groupbuy.services.campaigns import (
    CampaignRefused,
    Outlook,
    campaign_advice,
    campaign_cancel,
    campaign_end,
    campaign_end_due,
    campaign_outlook,
    campaign_publish,
)
from campaigns.groupbuy.services.decide import (
    CancelRefused,
    group_cancel,
    group_expire,
    group_tie,
)
from campaigns.groupbuy.services.join import group_join
from campaigns.groupbuy.services.lead import group_lead
from campaigns.groupbuy.services.refusals import (
    AlreadyIn,
    CampaignOver,
    GroupFull,
    GroupOver,
    JoinRefused,
    LimitReached,
    NewcomersOnly,
    NotInCampaign,
    QuotaGone,
    SoldOut,
    TooLate,
)
from campaigns.groupbuy.services.seats import (
    Joined,
    seat_closed,
    seat_give_back,
    seat_late,
    seat_paid,
    seat_rebate,
    seat_refunded,
    seat_strand,
)

__all__ = [
    "AlreadyIn",
    "CampaignOver",
    "CampaignRefused",
    "CancelRefused",
    "GroupFull",
    "GroupOver",
    "JoinRefused",
    "Joined",
    "LimitReached",
    "NewcomersOnly",
    "NotInCampaign",
    "Outlook",
    "QuotaGone",
    "SoldOut",
    "TooLate",
    "campaign_advice",
    "campaign_cancel",
    "campaign_end",
    "campaign_end_due",
    "campaign_outlook",
    "campaign_publish",
    "group_cancel",
    "group_expire",
    "group_join",
    "group_lead",
    "group_tie",
    "seat_closed",
    "seat_give_back",
    "seat_late",
    "seat_paid",
    "seat_rebate",
    "seat_refunded",
    "seat_strand",
]
