"""Reads of what was delivered, for its buyer."""

from collections.abc import Sequence
from dataclasses import dataclass

from digital.models import DigitalItem


@dataclass(frozen=True)
class Delivered:
    """One thing that a buyer was given. `content` is the whole of it."""

    title: str
    sku_name: str
    content: str


def delivered_of(order_id: int) -> Sequence[Delivered]:
    """All that the order's buyer was given, in one query; whose order it is was asked before."""
    rows = DigitalItem.objects.filter(line__order_id=order_id).select_related("line")
    return [
        Delivered(row.line.title, row.line.sku_name, row.content)
        for row in rows.order_by("line_id", "pk")
        if row.line is not None
    ]
