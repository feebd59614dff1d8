"""A refund that was asked for is handed to the provider by the queue."""

from datetime import datetime

from django.db import transaction

from core.facts import subscribe
from core.queue import enqueue
from payments import tasks
from payments.events import RefundRequested


@subscribe(RefundRequested, first=True)
def submit(event: RefundRequested, *, now: datetime) -> None:
    # Not here: this transaction holds the delivery, and nothing is held while Tencent is asked.
    transaction.on_commit(lambda: enqueue(tasks.refund_submit, event.refund_id))
