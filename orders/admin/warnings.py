"""What stands above the form of an act, for whoever is about to do it."""

from django.utils.translation import gettext as _

from core.money import yuan
from orders.invoices import invoice_of
from orders.models import Order, OrderAdjustment, OrderLine
from orders.services.hold import hold_kind, hold_words
from orders.services.refund_line import line_refundable_fen
from orders.states import OrderState


def cancel_warning(order: Order) -> str:
    """Why no goods of the order are offered to be cancelled; or ""."""
    if any(line.left for line in order.lines.all()):
        return ""
    return _("这个订单没有还没发出的商品：已发出的要退钱，请用“协商退款”。")


def refund_warning(order: Order) -> str:
    """Why no goods of the order are offered to be paid back; or what a refund brings about; or ""."""
    lines = list(order.lines.all())
    if any(line_refundable_fen(line) for line in lines):
        used = order.adjustments.filter(kind=OrderAdjustment.Kind.COUPON).exists()
        text = _("这个订单用了优惠券：它的钱全部退完时，优惠券也会还给买家。")
        return text if used else ""
    if order.payment_id is None:
        return _("这个订单没有收到过钱，没有可退的。")
    if order.state == OrderState.CANCELLED:
        return _("这个订单已经取消，它的钱会全部原路退回。")
    if kind := hold_kind(order):
        return hold_words(kind)
    return _nothing_to_refund(lines)


def _nothing_to_refund(lines: list[OrderLine]) -> str:
    if any(line.left and line.shipped_quantity for line in lines):
        return _("有商品只发出了一部分：发完剩下的，或用“取消部分商品”取消它们，再来退款。")
    if not any(line.shipped_quantity for line in lines):
        return _("这个订单还没有发出商品：要退款请用“取消并退款”或“取消部分商品”。")
    if any(line.left for line in lines):
        return _("已发出的商品都退完了；还没发出的请用“取消部分商品”。")
    return _("这个订单的商品都退完了，没有还能退的。")


def invoice_warning(order: Order) -> str:
    """What giving money back leaves to do about an invoice that is out already; or ""."""
    invoice = invoice_of(order.pk)
    if invoice is None or not invoice.is_issued:
        return ""
    told = {"amount": yuan(invoice.issued_fen)}
    return (
        _("这个订单已经开过 %(amount)s 元的发票：退款后，退回的金额要红冲（开红字发票）。") % told
    )
