"""Filters of the office's lists by what the code knows, not by what a table holds."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest


class KnownFilter(admin.SimpleListFilter):
    """A text column without choices, whose values Django would read from the whole table. A page
    names it by `title` and `parameter_name`, the column's name, and says what is `known`."""

    def known(self) -> Iterable[str]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one, one) for one in self.known()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset
