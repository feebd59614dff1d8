"""What a line really cost: one definition for refunds, after-sales and invoices."""

from collections.abc import Iterable

from orders.models import Order, OrderLine

SUMS = ("amount_fen", "discount_fen", "rebate_fen", "adjust_fen")
_AS_BOUGHT = (
    *("store_id", "order_id", "sku_id", "title", "sku_name", "photo"),
    *("list_price_fen", "unit_price_fen", "return_rule", "return_reason", "exempt_consent_id"),
)


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


def line_split(line: OrderLine, pieces: int) -> OrderLine:
    """Take `pieces` (0 < pieces < quantity) out of a line into one of their own, which is returned;
    neither is saved.

    Each has its part of every sum, and what the two cost is to the fen what the one did; a fen that
    cannot be divided stays with the line. Of neither more is taken off than it costs.
    """
    if not 0 < pieces < line.quantity:
        raise ValueError(f"{pieces} of {line.quantity} pieces are no part of a line")
    off_fen = line.discount_fen + line.rebate_fen
    # Rounded as running sums: each of them alone could come out larger than what it is taken off. Up,
    # because what is paid is rounded down: of a line that was never repriced no part is, either.
    part_discount_fen = -(-line.discount_fen * pieces // line.quantity)
    part_off_fen = -(-off_fen * pieces // line.quantity)
    part_paid_fen = line_paid_fen(line) * pieces // line.quantity
    part = OrderLine(
        **{name: getattr(line, name) for name in _AS_BOUGHT},
        quantity=pieces,
        amount_fen=line.unit_price_fen * pieces,
        discount_fen=part_discount_fen,
        rebate_fen=part_off_fen - part_discount_fen,
        adjust_fen=part_paid_fen - line.unit_price_fen * pieces + part_off_fen,
    )
    line.quantity -= part.quantity
    for name in SUMS:
        setattr(line, name, getattr(line, name) - getattr(part, name))
    return part
