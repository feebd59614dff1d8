"""What orders hear of payments. What a payment means is inline: the payer's next page shows it."""

from datetime import datetime

from core.facts import subscribe
from orders.services import (
    invoice_end_if_refunded,
    order_close_if_unpayable,
    order_payment_take,
    order_price_settle,
)
from payments.events import PaymentClosed, PaymentSucceeded, RefundRequested


@subscribe(PaymentSucceeded, inline=True)
def payment_succeeded(event: PaymentSucceeded, *, now: datetime) -> None:
    order_payment_take(order_ref=event.order_ref, payment_id=event.payment_id, now=now)


@subscribe(PaymentClosed, inline=True)
def payment_closed(event: PaymentClosed, *, now: datetime) -> None:
    order_close_if_unpayable(order_ref=event.order_ref, now=now)


@subscribe(PaymentClosed, inline=True)
def price_asked(event: PaymentClosed, *, now: datetime) -> None:
    order_price_settle(order_ref=event.order_ref, now=now)


@subscribe(RefundRequested)
def refund_requested(event: RefundRequested, *, now: datetime) -> None:
    invoice_end_if_refunded(order_ref=event.order_ref, now=now)
