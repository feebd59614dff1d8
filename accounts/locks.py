"""Locks of people: identities by name first, then rows, always in id order when there are two.

People are locked FOR UPDATE, unlike all other rows: while an account is being folded into another
one because it holds nothing of value, no order or seat may come to refer to it.
"""

import hashlib
from collections.abc import Iterable

from django.db import connection

from accounts.models import User


def identities_lock(names: Iterable[str]) -> None:
    """Whoever signs in under one of these names waits here until this transaction ends.

    A newcomer has no row to lock: two requests that both see nobody would make two people. The
    locks are PostgreSQL's advisory ones, 64 bits of each name's hash, taken in their order.
    """
    keys = sorted(
        int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
        for name in set(names)
    )
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def user_lock(user_id: int) -> User:
    """The person, locked. Raises User.DoesNotExist."""
    return User.objects.select_for_update().get(pk=user_id)


def users_lock(user_ids: Iterable[int]) -> dict[int, User]:
    """Several people, locked in id order."""
    rows = User.objects.select_for_update().filter(pk__in=set(user_ids)).order_by("pk")
    return {row.pk: row for row in rows}
