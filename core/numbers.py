"""Numbers that the office's pages are searched by, each as its index has it.

Django's own "=" in `search_fields` compares UPPER(column), which no index has.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest


@dataclass(frozen=True)
class Number:
    """A kind of number: what all of it looks like in small letters, and the column that has it.

    `beside` is what the column's index needs to know beside it, as a filter's keywords; what is not
    known yet when pages are declared is a function.
    """

    looks: str
    column: str
    beside: dict[str, Any] = field(default_factory=dict)

    def rows(self, typed: str) -> Q | None:
        """What it finds; None for what is no such number."""
        if not re.fullmatch(self.looks, typed.lower()):
            return None
        known = {name: one() if callable(one) else one for name, one in self.beside.items()}
        return Q(**self.values(typed), **known)

    def values(self, typed: str) -> dict[str, Any]:
        return {self.column: typed.lower()}


class WholeNumber(Number):
    """The id of a row, as the database counts them."""

    def values(self, typed: str) -> dict[str, Any]:
        return {self.column: int(typed)}


class Foreign(Number):
    """A number that somebody else may have given, in letters of any size."""

    def values(self, typed: str) -> dict[str, Any]:
        return {f"{self.column}__in": sorted({typed, typed.lower()})}


def ref(prefix: str, column: str = "public_id", **beside: Any) -> Number:
    """A public id with that prefix."""
    return Number(rf"{prefix}_\w*", column, beside)


def whole(column: str, **beside: Any) -> Number:
    return WholeNumber("[0-9]{1,18}", column, beside)


def foreign(column: str, **beside: Any) -> Number:
    return Foreign(r"\S+", column, beside)


class SearchedByNumber:
    """Mixed into every page of the office: a number is looked for where it can be, and nowhere else;
    anything else in `search_fields`, as Django does."""

    search_numbers: ClassVar[Sequence[Number]] = ()

    def get_search_fields(self, request: HttpRequest) -> list[str] | tuple[str, ...]:
        """Without any, Django shows no box to type in."""
        texts: list[str] | tuple[str, ...] = super().get_search_fields(request)  # type: ignore[misc]
        return texts or [one.column for one in self.search_numbers]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        typed = search_term.strip()
        found = [rows for one in self.search_numbers if (rows := one.rows(typed)) is not None]
        if found:
            return queryset.filter(reduce(or_, found)), False
        if typed and not super().get_search_fields(request):  # type: ignore[misc]
            return queryset.none(), False
        return super().get_search_results(request, queryset, typed)  # type: ignore[misc]
