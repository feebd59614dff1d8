"""The use cases of notices: telling, reading, sending further, and who wants what."""

from notices.services.consent import (
    ConsentAnswer,
    ConsentUnavailable,
    consent_answer,
    consent_ask,
)
from notices.services.fold import notices_fold
from notices.services.preferences import Ways, preferences_save, ways_of
from notices.services.read import notice_open, notices_read_all
from notices.services.remind import (
    bargain_reminder_set,
    group_reminder_set,
    pay_reminder_set,
    receive_reminder_set,
    reminder_due,
)
from notices.services.send import delivery_send
from notices.services.tell import notices_purge, notices_tell

__all__ = [
    "ConsentAnswer",
    "ConsentUnavailable",
    "Ways",
    "bargain_reminder_set",
    "consent_answer",
    "consent_ask",
    "delivery_send",
    "group_reminder_set",
    "notice_open",
    "notices_fold",
    "notices_purge",
    "notices_read_all",
    "notices_tell",
    "pay_reminder_set",
    "preferences_save",
    "receive_reminder_set",
    "reminder_due",
    "ways_of",
]
