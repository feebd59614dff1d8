"""News for the people of a store."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.paths import with_query
from community.queries import entry_missing_codes
from core.money import yuan
from notices.about.subject import Subject, order_of, order_values, refund_of
from orders.news import address_news, invoice_news
from orders.queries import OrderGist, order_gist
from payments.queries import accounts_in_trouble
from sharers.queries import sharer_gist
from stores.queries import staff_ids


def to_ship(event: Any) -> Iterator[Subject]:
    """An order may be sent: at once when it is paid, or when its last hold is released."""
    order = order_of(event)
    if order.state == "to_ship" and order.delivery != "digital":
        yield _for_staff(order, f"to_ship:{order.id}")


def urged(event: Any) -> Iterator[Subject]:
    """Once a day, as often as a buyer may ask."""
    order = order_of(event)
    if order.state == "to_ship" and order.urged_at is not None:
        day = timezone.localtime(order.urged_at).date()
        yield _for_staff(order, f"urged:{order.id}:{day}")


def address_changed(event: Any) -> Iterator[Subject]:
    """Each time a buyer sends an order elsewhere; news even of a parcel that has left since, by an
    older label perhaps."""
    order, change = order_of(event), address_news(event.order_id)
    if change is not None and change.by_id == order.buyer_id and order.state != "cancelled":
        yield _for_staff(order, f"staff:address:{change.id}")


def refund_stuck(event: Any) -> Iterator[Subject]:
    order = order_gist(order_ref=event.order_ref)
    refund = refund_of(event)
    if order is not None and refund.state == "stuck":
        # Asking for it again is an act of the list.
        listed = reverse("admin:payments_refund_changelist")
        path = with_query(listed, q=refund.out_refund_no)
        amount = yuan(refund.amount_fen)
        yield _for_staff(order, f"staff:stuck:{event.refund_id}", path=path, amount=amount)


def invoice_over(event: Any) -> Iterator[Subject]:
    """Money goes back that an invoice was issued for: each time, with all that is to be reversed by
    now."""
    order = order_gist(order_ref=event.order_ref)
    invoice = invoice_news(order.id) if order is not None else None
    if order is not None and invoice is not None and invoice.over_fen:
        key = f"staff:invoice:{event.refund_id}"
        over = yuan(invoice.over_fen)
        yield _for_staff(order, key, page="orders_invoice", pk=invoice.id, amount=over)


def codes_out(event: Any) -> Iterator[Subject]:
    """Somebody wanted to join a group that has no code, and still has none."""
    entry = entry_missing_codes(event.entry_id)
    if entry is not None:
        yield Subject(
            key=f"codes_out:{event.entry_id}:{entry.since:%Y%m%d%H%M%S%f}",
            store_id=event.store_id,
            people=staff_ids(event.store_id),
            path=with_query(reverse("admin:community_groupcode_add"), entry=str(event.entry_id)),
            values={"goods": entry.name},
            for_staff=True,
        )


def sharer_applied(event: Any) -> Iterator[Subject]:
    """Somebody wants to share the store's goods, and nobody answered yet: on to the list, where that
    is done."""
    sharer = sharer_gist(event.sharer_id)
    if sharer is not None and sharer.state == "applied":
        waiting = reverse("admin:sharers_sharer_changelist") + "?state__exact=applied"
        yield Subject(
            key=f"sharer_applied:{sharer.id}",
            store_id=sharer.store_id,
            people=staff_ids(sharer.store_id),
            path=waiting,
            values={"name": sharer.name, "store": sharer.store_name},
            for_staff=True,
        )


def account_troubled(event: Any) -> Iterator[Subject]:
    """Nobody can pay, and still cannot; told once a day."""
    for one in accounts_in_trouble(event.store_id):
        if one.id == event.account_id:
            yield Subject(
                key=f"account_troubled:{one.id}:{timezone.localtime(one.at).date()}",
                store_id=event.store_id,
                people=staff_ids(event.store_id),
                path=reverse("admin:index"),
                values={"mchid": one.mchid, "store": one.store, "reason": one.why},
                for_staff=True,
            )


def _for_staff(
    order: OrderGist,
    key: str,
    *,
    page: str = "orders_order",
    pk: int | None = None,
    path: str = "",
    **values: str,
) -> Subject:
    return Subject(
        key=key,
        store_id=order.store_id,
        people=staff_ids(order.store_id),
        path=path or reverse(f"admin:{page}_change", args=[pk or order.id]),
        values={**order_values(order), **values},
        for_staff=True,
    )
