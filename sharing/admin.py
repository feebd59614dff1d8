"""Who shared what, and what it brought."""

from django.contrib import admin

from sharing.explained_admin import ExplainedAdmin
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
class AttributionPage(ExplainedAdmin):
    """Which share brought an order, with every touch that led to it."""

    platform = owner = clerk = VIEW
    list_display = ["attributed_at", "order", "sharer", "why"]
    list_select_related = ["order", "sharer", "store"]
    fields = ["order", "sharer", "link", "attributed_at", "why"]
    ordering = ["-id"]
