"""Every lock on orders. The sequence they belong to is written in `docs/locking.md`:

    group → a person's purchases of a limited product → order → tracking number → payment →
    campaign quota → SKUs

A lock here is `FOR NO KEY UPDATE`: a row that refers to an order (a seat, an attribution) can
still be inserted while the order is being moved.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from core.rows import row_lock
from orders.models import Invoice, Order
from orders.states import InvoiceState


def order_lock(order_id: int) -> Order:
    """One order. Raises Order.DoesNotExist."""
    return row_lock(Order, order_id)


def order_lock_by_ref(order_ref: str) -> Order | None:
    """The order with that public id, or None: a payment may outlive what it paid for."""
    return Order.objects.select_for_update(no_key=True).filter(public_id=order_ref).first()


def orders_lock(order_ids: Iterable[int]) -> list[Order]:
    """Several orders, always in the same sequence, so that two batches cannot wait for each other."""
    return list(
        Order.objects.select_for_update(no_key=True).filter(pk__in=list(order_ids)).order_by("pk")
    )


def purchases_lock(buyer_id: int, product_ids: Iterable[int]) -> None:
    """One person's purchases of these products, until the transaction ends.

    Advisory, because what is counted are orders that do not exist yet. In id order; other people
    buying the same product wait for nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM"
            " unnest(%s::text[]) AS name",
            [[f"purchases:{buyer_id}:{pk}" for pk in sorted(set(product_ids))]],
        )


def label_lock(*, store_id: int, carrier: str, tracking_no: str) -> None:
    """A store's tracking number, until the transaction ends: whose it is may then be asked.

    Advisory, because the parcel that would have it does not exist yet. After the order, one at a
    time.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"label:{store_id}:{carrier}:{tracking_no}"],
        )


def reversed_raise(invoice_id: int, *, upto_fen: int, now: datetime) -> bool:
    """So much of an issued invoice is reversed in all; False when that much was before, or it is not
    out."""
    rows = Invoice.objects.filter(
        pk=invoice_id, state=InvoiceState.ISSUED, reversed_fen__lt=upto_fen
    )
    return rows.update(reversed_fen=upto_fen, reversed_at=now) == 1
