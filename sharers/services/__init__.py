"""Use cases of sharers: the people and their showcases, and what their shares earn."""

from sharers.services.people import (
    SharerRefused,
    sharer_apply,
    sharer_approve,
    sharer_decline,
    sharer_leave,
    sharer_stop,
    showcase_add,
    showcase_drop,
)
from sharers.services.rewards import (
    PayoutRefused,
    form_owner,
    payout_record,
    payout_reverse,
    reward_release,
    rewards_settle,
)

__all__ = [
    "PayoutRefused",
    "SharerRefused",
    "form_owner",
    "payout_record",
    "payout_reverse",
    "reward_release",
    "rewards_settle",
    "sharer_apply",
    "sharer_approve",
    "sharer_decline",
    "sharer_leave",
    "sharer_stop",
    "showcase_add",
    "showcase_drop",
]
