"""How long to wait before the provider is asked again: soon at first, then ever less often."""

from datetime import datetime, timedelta

SOON = timedelta(seconds=5)
# A payer is looking at a page: never less often than this while the attempt can be paid.
PAYMENT_ASKED_EVERY = timedelta(minutes=1)
CLOSING_ASKED_EVERY = timedelta(minutes=5)
REFUND_ASKED_EVERY = timedelta(minutes=30)
STUCK_ASKED_EVERY = timedelta(hours=1)
STUCK_ASKED_FOR = timedelta(days=7)

# An attempt that its order left alone is closed so long after its window.
ABANDONED_AFTER = timedelta(minutes=10)
# WeChat Pay refuses a second partial refund of one payment within a minute.
BETWEEN_PARTIALS = timedelta(seconds=61)
MAX_PARTIALS = 50
REFUNDABLE_FOR = timedelta(days=365)

# What takes longer than this is on a staff list; `manage.py audit` reports it otherwise.
REQUESTED_LIMIT = timedelta(minutes=10)
SUBMITTED_LIMIT = timedelta(days=3)


def next_ask(*, since: datetime, now: datetime, at_most: timedelta) -> datetime:
    """Half as long again as it has already taken, within [5 s, `at_most`]."""
    return now + min(max((now - since) / 2, SOON), at_most)
