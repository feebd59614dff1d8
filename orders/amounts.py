"""What a line really cost: one definition for refunds, after-sales and invoices."""

from collections.abc import Iterable

from orders.models import Order, OrderLine


def line_paid_fen(line: OrderLine) -> int:
    """What the buyer paid for this line, in fen: its price, less its discount and what came back of
    it, with its share of the merchant's change of price. Freight belongs to the order."""
    discount_fen: int = getattr(line, "discount_fen", 0)
    return line.amount_fen - discount_fen - line.rebate_fen + line.adjust_fen


def rest_fen(order: Order, gone: Iterable[OrderLine]) -> int:
    """What the buyer still pays for an order, in fen, once these lines of it are `gone`."""
    gone_ids = {line.pk for line in gone}
    return order.payable_fen - sum(
        line_paid_fen(line) + line.rebate_fen if line.pk in gone_ids else line.rebate_fen
        for line in order.lines.all()
    )
