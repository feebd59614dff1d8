"""How long before an order a share counts: each store's own choice, and the rule that orders keep.

Choices are added and never changed, so that an order whose facts come late is judged by the window
in which it was placed.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from sharing.models import WINDOW_DAYS, AttributionWindow

USUAL_DAYS = 7
# What a rule looks like that this code can judge by; SQL reads it, too.
RULE_PATTERN = r"^v1:last-touch:([0-9]{1,3})d$"
# The days that an order placed `{at}` is judged by, for a statement about one store.
DAYS_AT = f"""COALESCE((
    SELECT days FROM sharing_attributionwindow
    WHERE store_id = %(store)s AND since_at <= {{at}} ORDER BY since_at DESC, id DESC LIMIT 1
), {USUAL_DAYS})"""


class WindowRefused(Exception):
    """A window that no store may have; the message says which there are."""


@dataclass(frozen=True)
class Windows:
    """A store's choices as (since when, days), the newest first."""

    chosen: tuple[tuple[datetime, int], ...]

    def days_at(self, at: datetime) -> int:
        """The days that an order placed then is judged by."""
        return next((days for since, days in self.chosen if since <= at), USUAL_DAYS)

    def at(self, at: datetime) -> timedelta:
        return timedelta(days=self.days_at(at))


def windows_of(store_id: int) -> Windows:
    """Everything that the store chose, in one query: a handful."""
    rows = AttributionWindow.objects.filter(store_id=store_id).order_by("-since_at", "-pk")
    return Windows(tuple(rows.values_list("since_at", "days")))


def window_choose(*, store_id: int, days: int, now: datetime) -> bool:
    """Judge orders placed from now on by so many days; False when that is so already.

    Raises WindowRefused for a number that is none of WINDOW_DAYS: what lies further back than the
    longest of them is not remembered.
    """
    if days not in WINDOW_DAYS:
        raise WindowRefused(
            _("归因窗口只能是 %(days)s 天。") % {"days": "、".join(str(one) for one in WINDOW_DAYS)}
        )
    if windows_of(store_id).days_at(now) == days:
        return False
    AttributionWindow.objects.create(store_id=store_id, days=days, since_at=now)
    return True


def rule_of(days: int) -> str:
    """What attributions name, so that old rows stay explained when it changes."""
    return f"v1:last-touch:{days}d"


def rule_days(rule: str) -> int | None:
    """The days of a rule that this code knows; None for another."""
    found = re.fullmatch(RULE_PATTERN, rule)
    return int(found[1]) if found else None
