"""The cast: Alice leads, Bob joins, Charlie is a stranger; 枣园 and 陶坊 are two merchants.

Money arrives through `payment_settle`, as a notice or a poll would bring it; nothing talks to the
network.
"""

from campaigns.groupbuy.tests.factories import (
    GROUP_FEN,
    campaign_make,
    group_open,
    join,
    lead,
    member_of,
    overdue,
)
from core import clock
from core.invariants import audit, invariants
from orders.models import Order
from orders.tests.factories import (
    FREIGHT_FEN,
    LIST_FEN,
    Person,
    buy,
    deliver,
    pay,
    person,
    sku_on_sale,
    store_open,
)

__all__ = [
    "FREIGHT_FEN",
    "GROUP_FEN",
    "LIST_FEN",
    "Person",
    "broken",
    "buy",
    "campaign_make",
    "deliver",
    "group_open",
    "join",
    "lead",
    "member_of",
    "order_of",
    "overdue",
    "pay",
    "people",
    "person",
    "sku_on_sale",
    "store_open",
]


def people(number: int) -> list[Person]:
    return [person() for _ in range(number)]


def order_of(ref: str) -> Order:
    return Order.objects.get(public_id=ref)


def broken(*names: str) -> list[str]:
    """What the audit finds now, of the named invariants or of all.

    The provider's books are left out: the cast's money never went through one.
    """
    every = [one.name for one in invariants() if one.name != "books.agree"]
    found = audit(now=clock.now(), names=names or every)
    return [f"{one.invariant}: {one.row}: {one.detail}" for one in found]
