"""Shares for tests, made through the services."""

from datetime import datetime
from itertools import count
from typing import Any

from accounts.models import User
from accounts.tests.factories import user_make
from core import clock
from core.ids import random_token
from sharing.models import ShareLink, Visit
from sharing.services import link_for, visit_record
from stores.models import Store
from stores.tests.factories import store_make

_numbers = count(1)
GUEST_LENGTH = 26


def link_make(sharer: User | None = None, store: Store | None = None, **changes: Any) -> ShareLink:
    """Somebody's link to a product, for a friend."""
    ref = changes.pop("ref", "") or f"pro_test{next(_numbers):016d}"
    return link_for(
        **{
            "sharer_id": (sharer or user_make()).pk,
            "store_id": (store or store_make()).pk,
            "target_kind": "product",
            "target_ref": ref,
            "path": f"/p/{ref}/",
            "channel": "friend",
            "now": clock.now(),
            **changes,
        }
    )


def visit_make(
    link: ShareLink, who: User | None = None, *, guest: str = "", at: datetime | None = None
) -> Visit:
    """A visit through the link that counts: of a person, or of a guest."""
    guest = guest if guest or who else random_token(GUEST_LENGTH)
    assert visit_record(
        token=link.token,
        visitor_id=who.pk if who else None,
        guest=guest,
        now=at or clock.now(),
    )
    return Visit.objects.get(link=link, visitor=who, guest=guest if who is None else "")
