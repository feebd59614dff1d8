"""The end of an unpaid order: its holds are open no more, and its stock is free."""

from datetime import datetime

from catalog.services import stock_release
from orders.models import Order
from orders.services.hold import holds_close
from orders.states import ORDER


def order_shut(order: Order, *, now: datetime) -> None:
    """Needs the order's lock. Its stock is let go of afterwards (`order_stock_free`): SKUs come last."""
    ORDER.move_row(order, "close", now=now, changes={"closed_at": now, "due_at": None})
    holds_close(order, now=now)


def order_stock_free(order: Order, *, now: datetime) -> None:
    """What an order that was never sent has reserved is free again."""
    lines = dict(order.lines.filter(cancelled_at=None).values_list("sku_id", "quantity"))
    stock_release(lines=lines, reference=order.public_id, now=now)
