"""Why an order's money goes back: the names that payments store refunds under."""

from enum import StrEnum


class RefundReason(StrEnum):
    GROUP_FAILED = "group_failed"
    LATE = "late"
    DUPLICATE = "duplicate"
    CANCELLED = "cancelled"
