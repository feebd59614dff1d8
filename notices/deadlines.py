"""What notices do by the clock: reminders are told, and deliveries that wait are put on the queue,
because whoever ticks the clock does not talk to Tencent."""

import logging
from datetime import datetime, timedelta

from core.deadlines import DeadlineKind, deadline_register
from notices import services, tasks
from notices.models import NoticeDelivery, Reminder

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


def reminder_due(reminder_id: int, *, now: datetime) -> datetime | None:
    return services.reminder_due(reminder_id=reminder_id, now=now)


deadline_register(DeadlineKind(name="notices.reminder", model=Reminder, handler=reminder_due))
