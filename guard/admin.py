"""Who answered for what."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from guard.models import Acknowledgement
from stores.scoped import VIEW, ReadOnlyAdmin


@admin.register(Acknowledgement)
class AcknowledgementPage(ReadOnlyAdmin):
    """Findings that somebody took note of before publishing."""

    platform = owner = clerk = VIEW
    list_display = ["given_at", "kind", "reference", "by"]
    list_filter = ["kind"]
    search_fields = ["=reference"]
    list_select_related = ["by", "store"]
    fields = ["given_at", "kind", "reference", "by", "told"]
    ordering = ["-id"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        return list(self.fields)

    @admin.display(description=_("提示"))
    def told(self, row: Acknowledgement) -> Any:
        lines = ((one["rule"], one["text"]) for one in row.findings)
        return format_html_join("", "<p>{} {}</p>", lines)
