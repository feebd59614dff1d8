"""Flash sales, one file per act: campaigns, buying, what comes back, reminders."""

from campaigns.flash.services.buy import (
    OFFER,
    buy_refusal,
    flash_buy,
    flash_enter,
    flash_leave,
    offer_find,
    offer_refusal,
)
from campaigns.flash.services.campaigns import (
    REMIND_BEFORE,
    CampaignRefused,
    campaign_advice,
    campaign_cancel,
    campaign_editable,
    campaign_given_fen,
    campaign_outlook,
    campaign_publish,
    campaign_tick,
)
from campaigns.flash.services.decide import flash_order_ended
from campaigns.flash.services.refusals import (
    BuyRefused,
    FlashRefused,
    JustBeingTaken,
    LimitReached,
    NotStarted,
    ReminderRefused,
    SlotOver,
    SoldOut,
    StockGone,
)
from campaigns.flash.services.remind import reminder_ask, reminder_drop, reminders_fold

__all__ = [
    "OFFER",
    "REMIND_BEFORE",
    "BuyRefused",
    "CampaignRefused",
    "FlashRefused",
    "JustBeingTaken",
    "LimitReached",
    "NotStarted",
    "ReminderRefused",
    "SlotOver",
    "SoldOut",
    "StockGone",
    "buy_refusal",
    "campaign_advice",
    "campaign_cancel",
    "campaign_editable",
    "campaign_given_fen",
    "campaign_outlook",
    "campaign_publish",
    "campaign_tick",
    "flash_buy",
    "flash_enter",
    "flash_leave",
    "flash_order_ended",
    "offer_find",
    "offer_refusal",
    "reminder_ask",
    "reminder_drop",
    "reminders_fold",
]
