"""Stores for tests."""

from itertools import count
from typing import Any

from accounts.tests.factories import user_make
from core import clock
from stores.models import PickupPoint, Store, StoreStaff
from stores.services import staff_add, store_open

_numbers = count(1)


def store_make(*, name: str = "", slug: str = "", **changes: Any) -> Store:
    """An open store; further fields are set as given."""
    number = next(_numbers)
    store = store_open(
        name=name or f"小店{number}", slug=slug or f"store-{number}", now=clock.now()
    )
    if changes:
        for field, value in changes.items():
            setattr(store, field, value)
        store.save(update_fields=list(changes))
    return store


def staff_make(store: Store, *, role: str = StoreStaff.Role.OWNER, **fields: Any) -> StoreStaff:
    """Somebody who works in the store."""
    return staff_add(store_id=store.pk, user_id=user_make(**fields).pk, role=role, now=clock.now())


def pickup_make(store: Store, *, name: str = "枣园门店") -> PickupPoint:
    """Where the store's buyers may fetch their orders."""
    return PickupPoint.objects.create(
        store=store,
        name=name,
        region="山西省吕梁市临县",
        street="枣林街 8 号",
        hours="每天 9:00–20:00",
        phone="0358-1234567",
    )
