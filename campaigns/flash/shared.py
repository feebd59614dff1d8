"""A flash sale as pages that are shared: its offers', and its goods' own."""

from collections.abc import Collection
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.flash.models import FlashCampaign, FlashOffer
from sharing.spread import SharedCampaign, over_at

LIMIT = 50


def campaigns_shared(store_id: int, *, now: datetime) -> list[SharedCampaign]:
    """The store's flash sales that were published, the newest first."""
    rows = FlashCampaign.objects.filter(store_id=store_id, published_at__isnull=False)
    found = []
    for sale in rows.prefetch_related("offers__sku__product").order_by("-id")[:LIMIT]:
        products = dict.fromkeys(offer.sku.product.public_id for offer in sale.offers.all())
        since, ends_at = sale.published_at, sale.ends_at
        assert since is not None  # the filter
        assert sale.starts_at is not None
        assert ends_at is not None  # publishing sets the slot's instants
        title = f"{sale.day:%m-%d} {timezone.localtime(sale.starts_at):%H:%M}"
        until = over_at(ends_at, sale.ended_at, now=now)
        found.append(
            SharedCampaign(sale.public_id, _("秒杀"), title, tuple(products), since, until)
        )
    return found


def campaign_pages(store_id: int, ref: str) -> Collection[str]:
    """The references of a flash sale's offers."""
    rows = FlashOffer.objects.filter(store_id=store_id, campaign__public_id=ref)
    return rows.values_list("public_id", flat=True)
