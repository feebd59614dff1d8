"""The lock of sharers: one row, and behind it everything that is theirs.

Its transactions take nothing else of the sequence in `docs/locking.md`.
"""

from sharers.models import Sharer


def sharer_lock(sharer_id: int) -> Sharer:
    """The sharer, for all that changes their money. Raises Sharer.DoesNotExist."""
    return Sharer.objects.select_for_update(no_key=True).get(pk=sharer_id)
