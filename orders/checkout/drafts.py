"""What is typed in a checkout is kept in the session on the way to another page and back.

A session lies in the database for a month, and whoever sends a form without a person behind it
gets one too: what is kept is small, and few of a guest's forms are.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.http import HttpRequest

from core import clock
from core.limits import client_address, limit_check
from orders.forms import NOTE_MAX, RECIPIENT_MAX

DRAFT = "checkout_draft"
CART_DRAFT = "cart_checkout_draft"
AGE = timedelta(minutes=30)
_TICK = re.compile(r"agree|agrees(_.*)?|shows_profile")
# As long as the form takes them; whatever else it has is a number, a tick or a public id. A phone
# keeps what the page shows of one: a number that is too long must not come back as a good one.
LENGTHS = {"note": NOTE_MAX, "recipient": RECIPIENT_MAX, "phone": 40}
LENGTH = 64
# A page that sends a checkout was opened by somebody signed in, so few guests send one; behind one
# address there may be a whole carrier.
GUESTS, GUESTS_WINDOW_S = 100, 600


def draft_keep(request: HttpRequest, which: str, names: Iterable[str]) -> dict[str, str]:
    """Keep these fields of the form that was sent, unless too many guests send some; the fields.

    A store's field in a cart ends with the store's id: `note_7` is as long as `note`.
    """
    fields = {
        name: request.POST[name][: LENGTHS.get(name.rpartition("_")[0] or name, LENGTH)]
        for name in names
        if name in request.POST
    }
    if request.user.pk is not None or limit_check(
        "guest-draft", client_address(request), GUESTS, GUESTS_WINDOW_S
    ):
        request.session[which] = {"kept_at": clock.now().timestamp(), "fields": fields}
    return fields


def draft_read(request: HttpRequest, which: str) -> Mapping[str, str]:
    """What was kept, or what the address of the page asks for when nothing was, or too long ago:
    what is too old is let go.

    The delivery address that the person comes back with is the one that is meant.
    """
    draft, asked = request.session.get(which), asked_for(request)
    if not draft:
        return asked
    if draft["kept_at"] <= (clock.now() - AGE).timestamp():
        draft_drop(request, which)
        return asked
    kept: dict[str, str] = draft["fields"]
    return {**kept, "address": asked["address"]} if asked.get("address") else kept


def asked_for(request: HttpRequest) -> dict[str, str]:
    """What the address of the page asks for. A link ticks no box: that is for a person to do."""
    return {name: str(value) for name, value in request.GET.items() if not _TICK.fullmatch(name)}


def draft_drop(request: HttpRequest, which: str) -> None:
    """It was ordered: the next checkout begins empty."""
    request.session.pop(which, None)
