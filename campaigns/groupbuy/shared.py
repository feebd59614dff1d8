"""A group campaign as pages that are shared."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.groupbuy.models import Group, GroupCampaign
from sharing.spread import SharedCampaign, over_at

LIMIT = 50


def campaigns_shared(store_id: int, *, now: datetime) -> list[SharedCampaign]:
    """The store's group campaigns that were published, the newest first."""
    rows = GroupCampaign.objects.filter(store_id=store_id, published_at__isnull=False)
    goods = ("product__title", "product__public_id")
    values = rows.order_by("-id").values_list(
        "public_id", *goods, "starts_at", "ends_at", "ended_at"
    )
    return [
        SharedCampaign(
            ref, _("拼团"), title, (product,), since, over_at(ends_at, ended_at, now=now)
        )
        for ref, title, product, since, ends_at, ended_at in values[:LIMIT]
    ]


def campaign_pages(store_id: int, ref: str) -> Collection[str]:
    """The references of a campaign's groups."""
    rows = Group.objects.filter(store_id=store_id, campaign__public_id=ref)
    return rows.values_list("public_id", flat=True)
