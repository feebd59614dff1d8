"""What full reductions take off an order: the one with which least is paid, and nothing to spend."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.reductions.queries import reductions_running
from orders.adjusters import Asked
from orders.pricing import Adjustment, Discount


class ReductionAdjuster:
    """Registered with `orders.adjusters`."""

    kind = "reduction"

    def discounts(self, asked: Asked, *, now: datetime) -> Sequence[Discount]:
        """The campaign of the store with which least is paid, if less than without; of equal ones
        the oldest."""
        skus = [item.sku_id for item in asked.items]
        running = reductions_running(asked.store_id, sku_ids=skus, now=now)
        if not running:
            return []
        payable_fen = [asked.cost(one).payable_fen for one in running]
        least_fen = min(payable_fen)
        if least_fen >= asked.cost().payable_fen:
            return []
        return [running[payable_fen.index(least_fen)]]

    def claim(self, asked: Asked, adjustment: Adjustment, *, order_id: int, now: datetime) -> None:
        """A campaign is not used up."""
