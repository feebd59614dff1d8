"""Reads of sharing for the apps above and the office."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sharing.models import Attribution
from sharing.ties import tied_to

__all__ = ["OrderSource", "order_source", "sources_of_orders", "tied_to"]


@dataclass(frozen=True)
class OrderSource:
    """Which share brought an order, by which rule, and how often the buyer had opened shares."""

    sharer_id: int
    channel: str
    token: str
    rule: str
    channel_label: str = ""
    touched_at: datetime | None = None
    touches: int = 0


def order_source(order_id: int) -> OrderSource | None:
    """The share that an order is attributed to, if any."""
    return sources_of_orders([order_id]).get(order_id)


def sources_of_orders(order_ids: Iterable[int]) -> dict[int, OrderSource]:
    """The shares that orders are attributed to, by order, in one query."""
    rows = Attribution.objects.select_related("link").filter(order_id__in=list(order_ids))
    return {row.order_id: _source(row) for row in rows}


def _source(row: Attribution) -> OrderSource:
    last = row.chain[-1] if row.chain else {}
    touched = last.get("last_at")
    return OrderSource(
        sharer_id=row.sharer_id,
        channel=row.link.channel,
        token=row.link.token,
        rule=row.rule,
        channel_label=row.link.get_channel_display(),
        touched_at=datetime.fromisoformat(touched) if touched else None,
        touches=len(row.chain),
    )
