"""Reads of sharing for the apps above and the office."""

from dataclasses import dataclass

from sharing.models import Attribution


@dataclass(frozen=True)
class OrderSource:
    """Which share brought an order, and by which rule."""

    sharer_id: int
    channel: str
    token: str
    rule: str


def order_source(order_id: int) -> OrderSource | None:
    """The share that an order is attributed to, if any."""
    row = Attribution.objects.select_related("link").filter(order_id=order_id).first()
    if row is None:
        return None
    return OrderSource(row.sharer_id, row.link.channel, row.link.token, row.rule)
