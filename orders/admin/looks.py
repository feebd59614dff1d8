"""Looks at buyers' full data, written down before they are answered."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from core import clock
from core.access import access_record
from stores.scoped import staff_of


def look_record(request: HttpRequest, what: Any, rows: Sequence[str]) -> None:
    """The request's user gets the full data of these rows' buyers: `what` names the page or the
    paper, `rows` are public ids."""
    staff = staff_of(request)
    assert request.user.pk is not None
    access_record(
        user_id=request.user.pk,
        store_id=staff.store_id if staff else None,
        what=str(what),
        reference=rows[0] if len(rows) == 1 else "",
        count=len(rows),
        now=clock.now(),
    )
