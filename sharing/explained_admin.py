"""The base of office pages whose rows are about orders that a share brought."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from sharing.explained import explanations
from stores.scoped import ReadOnlyAdmin


class ExplainedAdmin(ReadOnlyAdmin):
    """Rows with an `order_id`; their column `why` says what the sharer reads, too."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "why"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        found = getattr(response, "context_data", None) or {}
        if (page := found.get("cl")) is not None:
            known = explanations(row.order_id for row in page.result_list)
            for row in page.result_list:
                row.explained = known.get(row.order_id)
        return response

    @admin.display(description=_("为什么"))
    def why(self, row: Any) -> SafeString:
        if not hasattr(row, "explained"):
            row.explained = explanations([row.order_id]).get(row.order_id)
        told = row.explained.sentences if row.explained else ()
        return format_html_join("", "<p>{}</p>", ((one,) for one in told))
