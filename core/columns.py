"""Columns of the office's pages that are no field of the row."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin


def named_in_full(field: str, description: Any) -> Callable[[Any, Any], str | None]:
    """A column with the whole name of the person that a row refers to: for colleagues, and for the
    platform. As text a person is masked, because most pages show buyers.

    A page calls it `by_name` for the field `by`.
    """

    @admin.display(description=description, ordering=field)
    def name(page: Any, row: Any) -> str | None:
        person = getattr(row, field)
        return person and str(person.display_name)

    return name
