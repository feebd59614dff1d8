"""Sharers for tests, made through the services."""

from typing import Any

from core import clock
from orders.tests.factories import Person
from sharers.models import Sharer, SharerPlan
from sharers.services import sharer_apply, sharer_approve
from sharing.tests.factories import link_make, visit_make
from stores.models import Store


def plan_make(store: Store, **fields: Any) -> SharerPlan:
    """Five percent, seven days, everybody may share."""
    return SharerPlan.objects.create(
        **{"store": store, "is_open": True, "takes_everybody": True, **fields}
    )


def sharer_make(store: Store, who: Person, *, approved: bool = True) -> Sharer:
    """Somebody who shares the store's goods."""
    sharer = sharer_apply(
        store_id=store.pk, person_id=who.id, name="张姐的好物", intro="", now=clock.now()
    )
    if approved:
        sharer_approve(sharer_id=sharer.pk, now=clock.now())
    sharer.refresh_from_db()
    return sharer


def brings(sharer: Sharer, who: Person) -> None:
    """The person opens a link of the sharer's."""
    visit_make(link_make(sharer.person, sharer.store), who.user)
