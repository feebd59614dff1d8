"""Where a parcel is, by whoever can say so; None when nobody is configured."""

from django.conf import settings

from orders.carriers.base import CarrierTrouble, Scan, Tracked, Tracker
from orders.carriers.kuaidi100 import Kuaidi100

__all__ = ["CarrierTrouble", "Scan", "Tracked", "Tracker", "tracker"]


def tracker() -> Tracker | None:
    """The configured service. Without a key there is none, and pages say where to look instead."""
    if not (settings.KUAIDI100_KEY and settings.KUAIDI100_CUSTOMER):
        return None
    return Kuaidi100(
        url=settings.KUAIDI100_URL,
        key=settings.KUAIDI100_KEY,
        customer=settings.KUAIDI100_CUSTOMER,
    )
