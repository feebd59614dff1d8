"""The end of an unpaid order: its holds are open no more, and its stock is free."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction

from catalog.services import OutOfStock, stock_release, stock_reserve
from orders.keepers import kept_of
from orders.models import Order
from orders.services.hold import holds_close
from orders.states import ORDER


def order_shut(order: Order, *, now: datetime) -> None:
    """Needs the order's lock. Its stock is let go of afterwards (`order_stock_free`): SKUs come last."""
    ORDER.move_row(order, "close", now=now, changes={"closed_at": now, "due_at": None})
    holds_close(order, now=now)


def order_stock_free(order: Order, *, now: datetime) -> None:
    """What an order that was never paid has reserved is free again, or its offer's again."""
    lines = dict(order.lines.filter(cancelled_at=None).values_list("sku_id", "quantity"))
    stock_release(lines=lines, reference=order.public_id, now=now)
    kept = kept_of(order.offer_kind, order.offer_ref, order.pk)
    if kept is None:
        return
    # The SKUs' rows are ours since the release: nobody was faster. Of a SKU that was removed nothing
    # can be kept, and the order closes all the same.
    with suppress(OutOfStock), transaction.atomic():
        stock_reserve(lines=lines, reference=kept.reference, now=now, reason=kept.reason)
