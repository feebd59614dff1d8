"""Helpers who are always the same: what risk is told of who launches with them."""

from datetime import datetime, timedelta

from django.utils import timezone

from campaigns.bargain.models import Bargain, Help
from risk.reports import HELPER_NETWORK
from risk.services import risk_report

WINDOW = timedelta(days=30)
# A friend helps often; who cuts this many bargains of one person in a month is hardly asked as one.
MOST = 5


def network_report(*, bargain_id: int, helper_id: int, now: datetime) -> bool:
    """Report the launcher, once a month for each helper who cut so many of theirs; False when the
    helper did not, or was reported before."""
    bargain = Bargain.objects.get(pk=bargain_id)
    helped = Help.objects.filter(
        bargain__launcher_id=bargain.launcher_id, user_id=helper_id, helped_at__gt=now - WINDOW
    )
    if helped.count() < MOST:
        return False
    return risk_report(
        HELPER_NETWORK,
        user_id=bargain.launcher_id,
        store_id=bargain.store_id,
        reference=f"{helper_id}/{timezone.localdate(now):%Y-%m}",
        now=now,
    )
