"""A merchant's store and the people who work in it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.forms import YuanField
from stores.models import PickupPoint, Store, StoreStaff
from stores.scoped import ALL, VIEW, StoreAdmin


class StoreForm(forms.ModelForm):
    """Freight is typed in yuan."""

    freight_fen = YuanField(label=_("运费（元）"), help_text=_("每单一口价，0 表示包邮。"))

    class Meta:
        model = Store
        fields = ("freight_fen",)  # the page names the rest


@admin.register(Store)
class StorePage(StoreAdmin):
    """The store's own page: what shoppers see of it, and the numbers its trade runs by."""

    form = StoreForm
    platform = frozenset({"view", "add", "change"})
    owner = frozenset({"view", "change"})
    clerk = VIEW
    list_display = ["name", "trade", "phone", "is_open", "opened_at"]
    search_fields = ["name", "slug", "company"]
    fieldsets = [
        (_("门面"), {"fields": ["name", "slug", "trade", "intro", "story", "logo", "banner"]}),
        (
            _("交易"),
            {"fields": ["is_open", "freight_fen", "payment_window_s", "auto_receive_days"]},
        ),
        (_("分享"), {"fields": ["share_domain"]}),
        (
            _("联系与资质"),
            {"fields": ["phone", "complaint_phone", "company", "licence_no", "icp_no"]},
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Shared cards carry the slug and the domain, so only the platform changes them."""
        return [] if request.user.is_superuser else ["slug", "share_domain"]  # type: ignore[union-attr]


@admin.register(PickupPoint)
class PickupPointPage(StoreAdmin):
    """Where buyers may fetch their orders. One that is closed stays for the orders that chose it."""

    platform = VIEW
    owner = frozenset({"view", "add", "change"})
    clerk = VIEW
    list_display = ["name", "region", "street", "hours", "is_open"]
    fields = ["name", "region", "street", "hours", "phone", "is_open"]


@admin.register(StoreStaff)
class StoreStaffPage(StoreAdmin):
    """Who works here. The platform adds people; an owner sees them."""

    platform = ALL
    owner = VIEW
    list_display = ["user", "role", "since_at"]
    raw_id_fields = ["user"]
