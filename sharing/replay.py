"""What the same touches would say under another window. Everything is read; nothing is decided here.

Only the last touch before an order matters: a shorter window may lose it, a longer one may reach it,
and none finds anybody else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.queries import paid_orders
from sharing.models import WINDOW_DAYS, Attribution, StaleTouch

MAX_ORDERS = 500


@dataclass(frozen=True)
class WindowRow:
    """With a window of so many days, so many orders would have a sharer; `moved` of them another
    one than now."""

    days: int
    orders: int
    moved: int


def replay(store_id: int, *, since: datetime, now: datetime) -> tuple[WindowRow, ...]:
    """What the windows of WINDOW_DAYS would say about the newest paid orders since then; three queries.

    Read from what was written when each order was placed: a visit that is repeated afterwards
    forgets when it was made before.
    """
    placed = {
        order.id: order.placed_at
        for order in paid_orders(store_id, since=since, now=now)[:MAX_ORDERS]
    }
    chains = Attribution.objects.filter(order_id__in=placed).values_list("order_id", "chain")
    credited = {order: datetime.fromisoformat(chain[-1]["last_at"]) for order, chain in chains}
    stale = StaleTouch.objects.filter(order_id__in=placed)
    last = dict(stale.values_list("order_id", "touched_at")) | credited
    found = []
    for days in WINDOW_DAYS:
        window = timedelta(days=days)
        reached = {order for order, at in last.items() if at > placed[order] - window}
        found.append(WindowRow(days, len(reached), len(reached ^ credited.keys())))
    return tuple(found)
