"""What a store's buyers were told, and what could not be sent and why."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin import PlatformReadOnlyAdmin
from notices.models import Notice, NoticeConsent, NoticeDelivery
from stores.scoped import VIEW, ReadOnlyAdmin


@admin.register(Notice)
class NoticePage(ReadOnlyAdmin):
    """What people were told."""

    platform = owner = clerk = VIEW
    list_display = ["made_at", "kind", "user", "for_staff", "title", "body", "read_at"]
    list_filter = ["kind", "for_staff"]
    list_select_related = ["user", "store"]
    fields = ["made_at", "kind", "user", "for_staff", "title", "body", "path", "read_at"]
    ordering = ["-id"]


@admin.register(NoticeDelivery)
class NoticeDeliveryPage(ReadOnlyAdmin):
    """How it was sent beyond the inbox."""

    platform = owner = clerk = VIEW
    list_display = ["kind", "user", "channel", "via", "state", "reason", "tries", "tried_at"]
    list_filter = ["state", "channel", "via"]
    fields = [
        *("public_id", "notice", "channel", "via", "state", "reason", "code"),
        *("tries", "first_tried_at", "tried_at", "done_at", "provider_ref"),
    ]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[NoticeDelivery]:
        return super().get_queryset(request).select_related("notice__user", "store")

    @admin.display(description=_("内容"))
    def kind(self, delivery: NoticeDelivery) -> Any:
        return delivery.notice.get_kind_display()

    @admin.display(description=_("收到的人"))
    def user(self, delivery: NoticeDelivery) -> Any:
        return delivery.notice.user


@admin.register(NoticeConsent)
class NoticeConsentPage(PlatformReadOnlyAdmin):
    """Leave to send messages: the platform's 服务号, whichever store they are about."""

    list_display = ["asked_at", "user", "topic", "scene", "state", "used_at"]
    list_filter = ["state", "topic"]
    list_select_related = ["user"]
    ordering = ["-id"]
