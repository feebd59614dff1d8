"""What there is to say, and what every kind of news is made of."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format as date_format

from core.money import yuan
from orders.queries import OrderGist, order_gist
from payments.queries import refunds_of


@dataclass(frozen=True)
class Subject:
    """What there is to say. `values` fill the sentences, and the places of message templates."""

    key: str
    store_id: int
    people: tuple[int, ...]
    path: str
    values: dict[str, str] = field(default_factory=dict)
    for_staff: bool = False


def clock_words(at: datetime) -> str:
    return date_format(timezone.localtime(at), "Y-m-d H:i")


def order_of(event: Any) -> OrderGist:
    order = order_gist(order_id=event.order_id)
    if order is None:
        raise LookupError(f"no order {event.order_id}")
    return order


def refund_of(event: Any) -> Any:
    for refund in refunds_of(event.order_ref):
        if refund.pk == event.refund_id:
            return refund
    raise LookupError(f"no refund {event.refund_id}")


def order_values(order: OrderGist) -> dict[str, str]:
    return {
        "order_no": order.public_id,
        "store": order.store_name,
        "goods": order.goods,
        "amount": yuan(order.payable_fen),
    }
