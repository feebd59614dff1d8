"""What sharers do by themselves: a reward is released when its order cannot be returned any more."""

from datetime import datetime

from core.deadlines import DeadlineKind, deadline_register
from sharers.models import Reward
from sharers.services import reward_release


def reward_due(reward_id: int, *, now: datetime) -> datetime | None:
    reward_release(reward_id=reward_id, now=now)
    return None


deadline_register(DeadlineKind(name="sharers.release", model=Reward, handler=reward_due))
