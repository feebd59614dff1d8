"""What orders hear of payments, inline: the payer's next page shows the result. And of people."""

from datetime import datetime

from accounts.events import PersonFolded
from core.facts import subscribe
from orders.services import order_close_if_unpayable, order_payment_take, order_price_settle
from orders.services.cart import cart_fold
from payments.events import PaymentClosed, PaymentSucceeded


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
