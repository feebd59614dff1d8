"""Groups and their codes for tests, made through the services."""

from datetime import timedelta
from itertools import count
from typing import Any

from catalog.tests.factories import picture
from community.models import CounterCode, GroupCode, GroupEntry
from community.services import code_add, counter_add
from core import clock
from core.photos import photo_decode
from stores.models import Store
from stores.tests.factories import staff_make, store_make

_numbers = count(1)


def entry_make(store: Store | None = None, **fields: Any) -> GroupEntry:
    """A way into a group, without a code."""
    return GroupEntry.objects.create(
        **{
            "store": store or store_make(),
            "name": f"枣园老友群 {next(_numbers)}",
            "welcome": "秋枣下树先在群里说。",
            **fields,
        }
    )


def code_make(entry: GroupEntry, **fields: Any) -> GroupCode:
    """A code for 50 people that lives a week; none is kept back."""
    now = clock.now()
    return code_add(
        **{
            "entry_id": entry.pk,
            "name": f"老友 {next(_numbers)} 群",
            "picture": photo_decode(picture(size=(400, 500), kind="PNG")),
            "capacity": 50,
            "spare": 0,
            "expires_at": now + timedelta(days=7),
            "now": now,
            **fields,
        }
    )


def counter_make(store: Store, **fields: Any) -> CounterCode:
    """A code on the counter, of a new owner's unless said otherwise."""
    person_id = fields.pop("person_id", None) or staff_make(store).user_id
    return counter_add(
        **{
            "store_id": store.pk,
            "person_id": person_id,
            "label": "前台 小王",
            "now": clock.now(),
            **fields,
        }
    )
