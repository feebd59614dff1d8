"""Row locks of people: always in id order when there are two."""

from collections.abc import Iterable

from accounts.models import User


def user_lock(user_id: int) -> User:
    """The person, locked. Raises User.DoesNotExist."""
    return User.objects.select_for_update().get(pk=user_id)


def users_lock(user_ids: Iterable[int]) -> dict[int, User]:
    """Several people, locked in id order."""
    rows = User.objects.select_for_update().filter(pk__in=set(user_ids)).order_by("pk")
    return {row.pk: row for row in rows}
