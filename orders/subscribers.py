"""What orders hear of payments. Of money inline: the payer's next page shows the result."""

from datetime import datetime

from core.facts import subscribe
from orders.services import (
    order_close_if_unpayable,
    order_payment_take,
    order_price_settle,
    orders_match,
)
from payments.events import BillMatched, PaymentClosed, PaymentSucceeded


@subscribe(PaymentSucceeded, inline=True)
def payment_succeeded(event: PaymentSucceeded, *, now: datetime) -> None:
    order_payment_take(order_ref=event.order_ref, payment_id=event.payment_id, now=now)


@subscribe(PaymentClosed, inline=True)
def payment_closed(event: PaymentClosed, *, now: datetime) -> None:
    order_close_if_unpayable(order_ref=event.order_ref, now=now)


@subscribe(PaymentClosed, inline=True)
def price_asked(event: PaymentClosed, *, now: datetime) -> None:
    order_price_settle(order_ref=event.order_ref, now=now)


@subscribe(BillMatched)
def bill_matched(event: BillMatched, *, now: datetime) -> None:
    orders_match(bill_id=event.bill_id, now=now)
