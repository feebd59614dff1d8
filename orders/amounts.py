"""What a line really cost: one definition for refunds, after-sales and invoices."""

from orders.models import OrderLine


def line_paid_fen(line: OrderLine) -> int:
    """What the buyer paid for this line, in fen: its price, less its discount and what came back of
    it, with its share of the merchant's change of price. Freight belongs to the order."""
    discount_fen: int = getattr(line, "discount_fen", 0)
    return line.amount_fen - discount_fen - line.rebate_fen + line.adjust_fen
