"""Deliveries that wait are put on the queue: whoever ticks the clock does not talk to Tencent."""

import logging
from datetime import datetime, timedelta

from core.deadlines import DeadlineKind, deadline_register
from notices import tasks
from notices.models import NoticeDelivery

log = logging.getLogger(__name__)

# A message that nobody took is dropped: by then the next one is put there.
LOOK_AGAIN = timedelta(seconds=60)


def delivery_due(delivery_id: int, *, now: datetime) -> datetime:
    try:
        tasks.delivery_send.apply_async((delivery_id,), expires=LOOK_AGAIN.total_seconds())
    except Exception:
        log.warning("the broker took no delivery %s", delivery_id, exc_info=True)
    return now + LOOK_AGAIN


deadline_register(DeadlineKind(name="notices.delivery", model=NoticeDelivery, handler=delivery_due))
