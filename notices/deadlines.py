"""What notices do by the clock: reminders are told, and deliveries that wait are put on the queue,
because whoever ticks the clock does not talk to Tencent."""

from datetime import datetime, timedelta

from core.deadlines import DeadlineKind, deadline_register
from core.queue import enqueue
from notices import services, tasks
from notices.models import NoticeDelivery, Reminder

# By then a message that nobody took is dropped (`core/queue.py`).
LOOK_AGAIN = timedelta(seconds=60)


def delivery_due(delivery_id: int, *, now: datetime) -> datetime:
    enqueue(tasks.delivery_send, delivery_id)
    return now + LOOK_AGAIN


deadline_register(DeadlineKind(name="notices.delivery", model=NoticeDelivery, handler=delivery_due))


def reminder_due(reminder_id: int, *, now: datetime) -> datetime | None:
    return services.reminder_due(reminder_id=reminder_id, now=now)


deadline_register(DeadlineKind(name="notices.reminder", model=Reminder, handler=reminder_due))
