"""Who shared what, and what it brought."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from core import clock
from sharing.models import Attribution, ShareLink
from sharing.services import RULE
from sharing.spread import replay, sources, spread, targets
from stores.scoped import VIEW, ReadOnlyAdmin, staff_of


@admin.register(ShareLink)
class ShareLinkPage(ReadOnlyAdmin):
    """One link per person, target and channel."""

    platform = owner = clerk = VIEW
    list_display = ["made_at", "sharer", "target_kind", "path", "channel"]
    list_filter = ["target_kind", "channel"]
    list_select_related = ["sharer", "store"]
    ordering = ["-id"]
    actions_list = ["spread"]

    def has_spread_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request) and staff_of(request) is not None

    @action(description=_("传播分析"), url_path="spread", icon="hub", permissions=["spread"])
    def spread(self, request: HttpRequest) -> HttpResponse:
        """?days=30&target=…: sources, other windows, and who brought whom as a picture."""
        staff = staff_of(request)
        assert staff is not None  # has_spread_permission
        asked, now = request.GET.get("days", ""), clock.now()
        days = int(asked) if asked in {"7", "30", "90"} else 30
        since = now - timedelta(days=days)
        target = request.GET.get("target", "")[:40]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("传播分析"),
            "days": days,
            "periods": (7, 30, 90),
            "target": target,
            "targets": targets(staff.store_id, since=since),
            "sources": sources(staff.store_id, since=since, now=now),
            "windows": replay(staff.store_id, since=since, now=now),
            "spread": spread(staff.store_id, target=target, since=since, now=now),
            "rule": RULE,
        }
        return render(request, "admin/sharing/sharelink/spread.html", context)


@admin.register(Attribution)
class AttributionPage(ReadOnlyAdmin):
    """Which share brought an order, with the whole chain of touches."""

    platform = owner = clerk = VIEW
    list_display = ["attributed_at", "order", "sharer", "link", "rule"]
    list_select_related = ["order", "sharer", "link", "store"]
    ordering = ["-id"]
