"""A bargain campaign as pages that are shared."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from campaigns.bargain.models import Bargain, BargainCampaign
from sharing.spread import SharedCampaign

LIMIT = 50


def campaigns_shared(store_id: int) -> list[SharedCampaign]:
    """The store's bargain campaigns that were published, the newest first."""
    rows = BargainCampaign.objects.filter(store_id=store_id, published_at__isnull=False)
    values = rows.order_by("-id").values_list(
        "public_id", "sku__product__title", "sku__product__public_id", "starts_at"
    )
    return [
        SharedCampaign(ref, _("砍价"), title, (product,), since)
        for ref, title, product, since in values[:LIMIT]
    ]


def campaign_pages(store_id: int, ref: str) -> Collection[str]:
    """The references of a campaign's bargains."""
    rows = Bargain.objects.filter(store_id=store_id, campaign__public_id=ref)
    return rows.values_list("public_id", flat=True)
