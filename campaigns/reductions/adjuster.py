"""What full reductions take off an order: the one with which least is paid, and nothing to spend."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.reductions.queries import reductions_running
from orders.adjusters import Asked
from orders.pricing import Adjustment, Discount


class ReductionAdjuster:
    """Registered with `orders.adjusters`."""

    kind = "reduction"

    def ways(self, asked: Asked, *, now: datetime) -> Sequence[tuple[Discount, ...]]:
        """None of the store's campaigns, or one of those that take something off, the oldest first:
        with none a coupon may reach its minimum, or freight its free amount."""
        skus = [item.sku_id for item in asked.items]
        running = reductions_running(asked.store_id, sku_ids=skus, now=now)
        if not running:
            return [()]
        without_fen = asked.cost().discount_fen
        return [(), *((one,) for one in running if asked.cost(one).discount_fen > without_fen)]

    def claim(self, asked: Asked, adjustment: Adjustment, *, order_id: int, now: datetime) -> None:
        """A campaign is not used up."""
