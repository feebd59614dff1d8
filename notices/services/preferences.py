"""By which ways a person wants to be told."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from notices.kinds import SHOPPER_TOPICS
from notices.models import NoticePreference


@dataclass(frozen=True)
class Ways:
    """What is switched on for a topic, beyond the inbox."""

    wechat: bool = True
    email: bool = True


def ways_of(user_id: int, topic: str) -> Ways:
    """The person's choice; both when they never chose."""
    rows = NoticePreference.objects.filter(user_id=user_id, topic=topic)
    found = rows.values_list("wechat", "email").first()
    return Ways(*found) if found else Ways()


@transaction.atomic
def preferences_save(*, user_id: int, chosen: dict[str, Ways], now: datetime) -> None:
    """Keep the person's choices; topics that are not theirs to choose are left out."""
    NoticePreference.objects.bulk_create(
        [
            NoticePreference(
                user_id=user_id, topic=topic, wechat=chosen[topic].wechat, email=chosen[topic].email
            )
            for topic in SHOPPER_TOPICS
            if topic in chosen
        ],
        update_conflicts=True,
        unique_fields=["user", "topic"],
        update_fields=["wechat", "email"],
    )
