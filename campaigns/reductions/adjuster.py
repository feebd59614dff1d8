"""What full reductions take off an order: the one that saves most, and nothing to spend."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.reductions.queries import RunningReduction, reductions_running
from orders.adjusters import Asked
from orders.pricing import Adjustment, Discount


class ReductionAdjuster:
    """Registered with `orders.adjusters`."""

    kind = "reduction"

    def discounts(self, asked: Asked, *, now: datetime) -> Sequence[Discount]:
        """The best campaign of the store for these goods; of equal ones the oldest."""
        skus = [item.sku_id for item in asked.items]
        running = reductions_running(asked.store_id, sku_ids=skus, now=now)
        if not running:
            return []
        left = asked.left_fen()
        best = max(running, key=lambda one: _saves(one, left))  # max keeps the first of equals
        return [best] if _saves(best, left) else []

    def claim(self, asked: Asked, adjustment: Adjustment, *, order_id: int, now: datetime) -> None:
        """A campaign is not used up."""


def _saves(reduction: RunningReduction, left: dict[int, int]) -> int:
    skus = left if reduction.sku_ids is None else left.keys() & reduction.sku_ids
    eligible_fen = sum(left[sku] for sku in skus)
    return min(reduction.off_fen(eligible_fen), eligible_fen)
