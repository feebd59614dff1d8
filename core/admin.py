"""The platform's own pages: facts and their deliveries, to see and to run again."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from core import clock
from core.columns import named_in_full
from core.deadlines import deadlines_again
from core.deliveries import deliveries_rerun
from core.facts import Event, subscribers
from core.filters import KnownFilter
from core.models import AccessEntry, Delivery, Fact
from core.numbers import SearchedByNumber, foreign, whole

admin.site.unregister(Group)


class PlatformAdmin(SearchedByNumber, ModelAdmin):
    """Pages of the platform's staff, that no merchant may open. Nothing is deleted there."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff and request.user.is_superuser)  # type: ignore[union-attr]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PlatformReadOnlyAdmin(PlatformAdmin):
    """Shown to the platform's staff, changed by nobody."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AccessEntry)
class AccessEntryAdmin(PlatformReadOnlyAdmin):
    """Who saw or exported people's full data."""

    list_display = ["at", "user_name", "store_id", "what", "reference", "count"]
    user_name = named_in_full("user", _("谁"))
    fields = ["at", "user_name", "store_id", "what", "reference", "count"]
    list_select_related = ["user"]
    search_numbers = [foreign("reference"), whole("store_id")]
    ordering = ["-id"]


def _subjects() -> list[str]:
    return sorted({event.subject() for event in Event.registry.values()})


class FactNameFilter(KnownFilter):
    title = _("事实")
    parameter_name = "name"

    def known(self) -> list[str]:
        return sorted(Event.registry)


@admin.register(Fact)
class FactAdmin(PlatformReadOnlyAdmin):
    """The history of everything."""

    list_display = ["recorded_at", "name", "subject", "subject_id", "store_id"]
    list_filter = [FactNameFilter]
    search_numbers = [whole("subject_id", subject__in=_subjects)]
    ordering = ["-id"]


class DeliveryStateFilter(admin.SimpleListFilter):
    """Parked ones are what a person is here for."""

    title = _("状态")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("parked", _("已搁置")), ("pending", _("待投递")), ("delivered", _("已投递"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        if self.value() == "parked":
            return queryset.filter(parked_at__isnull=False, delivered_at=None)
        if self.value() == "pending":
            return queryset.filter(parked_at=None, delivered_at=None)
        if self.value() == "delivered":
            return queryset.filter(delivered_at__isnull=False)
        return queryset


class SubscriberFilter(KnownFilter):
    title = _("订阅者")
    parameter_name = "subscriber"

    def known(self) -> list[str]:
        return [one.name for one in subscribers()]


@admin.register(Delivery)
class DeliveryAdmin(PlatformReadOnlyAdmin):
    """Who was told what, and who could not be."""

    list_display = [
        "fact_at",
        "name",
        "subscriber",
        "attempts",
        "delivered_at",
        "parked_at",
        "error",
    ]
    list_filter = [DeliveryStateFilter, SubscriberFilter]
    search_fields = ["error"]
    search_numbers = [whole("fact_id")]
    ordering = ["-id"]
    actions = ["rerun"]

    def get_urls(self) -> list[Any]:
        own = path(
            "deadlines-again/",
            self.admin_site.admin_view(self.deadlines_again),
            name="core_deadlines_again",
        )
        return [own, *super().get_urls()]

    def deadlines_again(self, request: HttpRequest) -> HttpResponse:
        """POST ?name=: a kind's parked deadlines are tried anew."""
        if request.method == "POST" and self.has_view_permission(request):
            try:
                count = deadlines_again(name=request.POST.get("name", ""), now=clock.now())
            except KeyError:
                count = 0
            messages.success(request, _("已重新排队 %(count)d 条。") % {"count": count})
        return redirect("admin:index")

    @admin.action(description=_("重新投递所选"), permissions=["view"])
    def rerun(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        count = deliveries_rerun(queryset.values_list("pk", flat=True), now=clock.now())
        messages.success(request, _("已重新排队 %(count)d 条投递。") % {"count": count})
