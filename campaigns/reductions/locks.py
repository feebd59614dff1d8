"""The one lock of full reductions: a merchant's edit, which takes nothing else of the sequence."""

from campaigns.reductions.models import Reduction


def reduction_lock(reduction_id: int) -> Reduction:
    """The campaign, for editing, publishing and ending it. Raises Reduction.DoesNotExist."""
    return Reduction.objects.select_for_update(no_key=True).get(pk=reduction_id)
