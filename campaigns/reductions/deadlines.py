"""What full reductions do by themselves: they end."""

from datetime import datetime

from campaigns.reductions.models import Reduction
from campaigns.reductions.services import reduction_end_due
from core.deadlines import DeadlineKind, deadline_register


def reduction_due(reduction_id: int, *, now: datetime) -> datetime | None:
    return reduction_end_due(reduction_id=reduction_id, now=now)


deadline_register(DeadlineKind(name="reductions.end", model=Reduction, handler=reduction_due))
