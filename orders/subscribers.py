"""What orders hear of payments, and what they report to risk; what a payment means is inline: the
payer's next page shows it. And what they hear of people."""

from datetime import datetime

from accounts.events import PersonFolded
from core.facts import subscribe
from orders.events import OrderPaidLate, ReviewDecided
from orders.risks import late_money_report, refund_stuck_report, refused_report
from orders.services import (
    invoice_end_if_refunded,
    order_close_if_unpayable,
    order_payment_take,
    order_price_settle,
    orders_match,
)
from orders.services.cart import cart_fold
from payments.events import (
    BillMatched,
    PaymentClosed,
    PaymentSucceeded,
    RefundRequested,
    RefundStuck,
)


@subscribe(PaymentSucceeded, inline=True)
def payment_succeeded(event: PaymentSucceeded, *, now: datetime) -> None:
    order_payment_take(order_ref=event.order_ref, payment_id=event.payment_id, now=now)


@subscribe(PaymentClosed, inline=True)
def payment_closed(event: PaymentClosed, *, now: datetime) -> None:
    order_close_if_unpayable(order_ref=event.order_ref, now=now)


@subscribe(PaymentClosed, inline=True)
def price_asked(event: PaymentClosed, *, now: datetime) -> None:
    order_price_settle(order_ref=event.order_ref, now=now)


@subscribe(PersonFolded)
def person_folded(event: PersonFolded, *, now: datetime) -> None:
    cart_fold(folded_id=event.folded_id, person_id=event.person_id)


@subscribe(RefundRequested)
def refund_requested(event: RefundRequested, *, now: datetime) -> None:
    invoice_end_if_refunded(order_ref=event.order_ref, now=now)


@subscribe(OrderPaidLate)
def paid_late(event: OrderPaidLate, *, now: datetime) -> None:
    late_money_report(order_id=event.order_id, now=now)


@subscribe(ReviewDecided)
def review_decided(event: ReviewDecided, *, now: datetime) -> None:
    refused_report(review_id=event.review_id, now=now)


@subscribe(RefundStuck)
def refund_stuck(event: RefundStuck, *, now: datetime) -> None:
    refund_stuck_report(order_ref=event.order_ref, now=now)


@subscribe(BillMatched)
def bill_matched(event: BillMatched, *, now: datetime) -> None:
    orders_match(bill_id=event.bill_id, now=now)
