"""What notices hear: one subscriber for each fact that the table names, on the queue."""

from collections.abc import Callable
from datetime import datetime

from accounts.events import PersonFolded
from campaigns.bargain.events import BargainEvent, BargainLaunched, BargainReached
from campaigns.groupbuy.events import MemberJoined
from core.facts import Event, subscribe
from notices.services import (
    bargain_reminder_set,
    group_reminder_set,
    notices_fold,
    notices_tell,
    pay_reminder_set,
    receive_reminder_set,
)
from notices.table import RULES, rules_of
from orders.events import OrderPlaced, OrderShipped


def _teller(fact: type[Event]) -> Callable[..., None]:
    def tell(event: Event, *, now: datetime) -> None:
        for rule in rules_of(fact):
            for subject in rule.about(event):
                notices_tell(kind=rule.kind, subject=subject, now=now)

    tell.__name__ = tell.__qualname__ = fact.name.replace(".", "_")
    return tell


for _fact in dict.fromkeys(rule.fact for rule in RULES):
    subscribe(_fact)(_teller(_fact))


@subscribe(OrderPlaced)
def remind_to_pay(event: OrderPlaced, *, now: datetime) -> None:
    pay_reminder_set(order_id=event.order_id, now=now)


@subscribe(MemberJoined)
def remind_of_group(event: MemberJoined, *, now: datetime) -> None:
    group_reminder_set(group_id=event.group_id, member_id=event.member_id, now=now)


@subscribe(BargainLaunched)
def remind_of_bargain(event: BargainEvent, *, now: datetime) -> None:
    bargain_reminder_set(bargain_id=event.bargain_id, now=now)


@subscribe(BargainReached)
def remind_of_floor(event: BargainEvent, *, now: datetime) -> None:
    bargain_reminder_set(bargain_id=event.bargain_id, now=now)


@subscribe(OrderShipped)
def remind_of_receiving(event: OrderShipped, *, now: datetime) -> None:
    receive_reminder_set(order_id=event.order_id, now=now)


@subscribe(PersonFolded)
def person_folded(event: PersonFolded, *, now: datetime) -> None:
    notices_fold(folded_id=event.folded_id, person_id=event.person_id)
