"""What is typed in a checkout is kept in the session on the way to another page and back."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.http import HttpRequest

from core import clock

DRAFT = "checkout_draft"
CART_DRAFT = "cart_checkout_draft"
AGE = timedelta(minutes=30)
_TICK = re.compile(r"agree|agrees(_.*)?|shows_profile")


def draft_keep(request: HttpRequest, which: str, names: Iterable[str]) -> dict[str, str]:
    """Keep these fields of the form that was sent; what is kept."""
    fields = {name: request.POST[name][:2000] for name in names if name in request.POST}
    request.session[which] = {"kept_at": clock.now().timestamp(), "fields": fields}
    return fields


def draft_read(request: HttpRequest, which: str) -> Mapping[str, str]:
    """What was kept, or what the address of the page asks for when nothing was, or too long ago.

    The delivery address that the person comes back with is the one that is meant.
    """
    draft, asked = request.session.get(which), asked_for(request)
    if not draft or draft["kept_at"] <= (clock.now() - AGE).timestamp():
        return asked
    kept: dict[str, str] = draft["fields"]
    return {**kept, "address": asked["address"]} if asked.get("address") else kept


def asked_for(request: HttpRequest) -> dict[str, str]:
    """What the address of the page asks for. A link ticks no box: that is for a person to do."""
    return {name: str(value) for name, value in request.GET.items() if not _TICK.fullmatch(name)}


def draft_drop(request: HttpRequest, which: str) -> None:
    """It was ordered: the next checkout begins empty."""
    request.session.pop(which, None)
