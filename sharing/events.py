"""The facts of sharing."""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import Event


@dataclass(frozen=True, kw_only=True)
class OrderAttributed(Event):
    """A share brought this order; which one is explained on the order."""

    order_id: int
    store_id: int
    sharer_id: int

    name: ClassVar[str] = "order.attributed"
