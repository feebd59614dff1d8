"""What accounts hear of themselves: somebody left, and the shop lets go of what it held."""

from datetime import datetime

from accounts.events import PersonClosed
from core.facts import subscribe
from core.people_data import forget_everywhere


@subscribe(PersonClosed)
def person_closed(event: PersonClosed, *, now: datetime) -> None:
    forget_everywhere(event.person_id)
