"""Sharers for tests, made through the services."""

from datetime import timedelta
from typing import Any

from catalog.models import Sku
from core import clock
from core.deadlines import deadlines_run
from orders.models import Order
from orders.services import order_receive
from orders.tests.factories import LIST_FEN, Person, deliver, order_make, pay, shipped_make
from sharers.models import Reward, Sharer, SharerPlan
from sharers.services import sharer_apply, sharer_approve
from sharing.tests.factories import link_make, visit_make
from stores.models import Store

# What the plan below pays for one piece.
REWARD_FEN = LIST_FEN * 5 // 100


def plan_make(store: Store, **fields: Any) -> SharerPlan:
    """Five percent, seven days, everybody may share."""
    return SharerPlan.objects.create(
        **{"store": store, "is_open": True, "takes_everybody": True, **fields}
    )


def sharer_make(store: Store, who: Person, *, approved: bool = True) -> Sharer:
    """Somebody who shares the store's goods."""
    sharer = sharer_apply(
        store_id=store.pk, person_id=who.id, name="张姐的好物", intro="", now=clock.now()
    )
    if approved:
        sharer_approve(sharer_id=sharer.pk, now=clock.now())
    sharer.refresh_from_db()
    return sharer


def brings(sharer: Sharer, who: Person) -> None:
    """The person opens a link of the sharer's."""
    visit_make(link_make(sharer.person, sharer.store), who.user)


def money(sharer: Sharer) -> tuple[int, int]:
    """What is frozen and what is available, in fen."""
    sharer.refresh_from_db()
    return sharer.frozen_fen, sharer.available_fen


def bought(sku: Sku, buyer: Person, **changes: Any) -> Order:
    """A paid order, and everybody heard of it."""
    order = order_make(sku, who=buyer, **changes)
    pay(order.public_id)
    deliver()
    order.refresh_from_db()
    return order


def received(sku: Sku, buyer: Person) -> Order:
    """An order that the buyer has."""
    order = shipped_make(sku, who=buyer)
    order_receive(order_id=order.pk, now=clock.now())
    deliver()
    order.refresh_from_db()
    return order


def released(sku: Sku, buyer: Person) -> Order:
    """An order that cannot be returned any more, and the clock has noticed."""
    order = received(sku, buyer)
    ago = clock.now() - timedelta(days=7, seconds=1)
    Order.objects.filter(pk=order.pk).update(received_at=ago)
    Reward.objects.filter(order=order).update(due_at=clock.now())
    deadlines_run(now=clock.now())
    return order
