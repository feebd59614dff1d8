"""A flash sale as pages that are shared: its offers', and its goods' own."""

from collections.abc import Collection

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.flash.models import FlashCampaign, FlashOffer
from sharing.spread import SharedCampaign

LIMIT = 50


def campaigns_shared(store_id: int) -> list[SharedCampaign]:
    """The store's flash sales that were published, the newest first."""
    rows = FlashCampaign.objects.filter(store_id=store_id, published_at__isnull=False)
    found = []
    for sale in rows.prefetch_related("offers__sku__product").order_by("-id")[:LIMIT]:
        products = dict.fromkeys(offer.sku.product.public_id for offer in sale.offers.all())
        title = f"{sale.day:%m-%d} {timezone.localtime(sale.starts_at):%H:%M}"
        since = sale.published_at
        assert since is not None  # the filter
        found.append(SharedCampaign(sale.public_id, _("秒杀"), title, tuple(products), since))
    return found


def campaign_pages(store_id: int, ref: str) -> Collection[str]:
    """The references of a flash sale's offers."""
    rows = FlashOffer.objects.filter(store_id=store_id, campaign__public_id=ref)
    return rows.values_list("public_id", flat=True)
