"""What bargains hear: what became of the orders at their prices."""

from datetime import datetime

from accounts.events import ProfileWithdrawn
from campaigns.bargain import services
from campaigns.bargain.events import HelpGiven
from core.facts import subscribe
from orders.events import OrderCancelled, OrderClosed, OrderPaid


@subscribe(HelpGiven)
def help_given(event: HelpGiven, *, now: datetime) -> None:
    """Whoever helps has had to do with whom they helped."""
    services.help_tie(bargain_id=event.bargain_id, helper_id=event.user_id, now=now)


@subscribe(HelpGiven)
def help_network(event: HelpGiven, *, now: datetime) -> None:
    """The same few helping the same one again and again."""
    services.network_report(bargain_id=event.bargain_id, helper_id=event.user_id, now=now)


@subscribe(OrderPaid, inline=True)
def order_paid(event: OrderPaid, *, now: datetime) -> None:
    services.bargain_order_paid(order_id=event.order_id, now=now)


@subscribe(OrderClosed, inline=True)
def order_closed(event: OrderClosed, *, now: datetime) -> None:
    services.bargain_order_closed(order_id=event.order_id, now=now)


@subscribe(OrderCancelled)
def order_cancelled(event: OrderCancelled, *, now: datetime) -> None:
    services.bargain_order_cancelled(order_id=event.order_id, now=now)


@subscribe(ProfileWithdrawn)
def profile_withdrawn(event: ProfileWithdrawn, *, now: datetime) -> None:
    services.faces_hide(user_id=event.person_id)
