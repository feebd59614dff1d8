"""Who shared what, and what it brought."""

from django.contrib import admin

from sharing.models import Attribution, ShareLink
from stores.scoped import VIEW, ReadOnlyAdmin


@admin.register(ShareLink)
class ShareLinkPage(ReadOnlyAdmin):
    """One link per person, target and channel."""

    platform = owner = clerk = VIEW
    list_display = ["made_at", "sharer", "target_kind", "path", "channel"]
    list_filter = ["target_kind", "channel"]
    list_select_related = ["sharer", "store"]
    ordering = ["-id"]


@admin.register(Attribution)
class AttributionPage(ReadOnlyAdmin):
    """Which share brought an order, with the whole chain of touches."""

    platform = owner = clerk = VIEW
    list_display = ["attributed_at", "order", "sharer", "link", "rule"]
    list_select_related = ["order", "sharer", "link", "store"]
    ordering = ["-id"]
