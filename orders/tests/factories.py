"""Orders for tests, made through the services. Money arrives as a notice or a poll brings it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.queries import AddressSnapshot, address_for_order
from accounts.tests.factories import address_make, user_make
from catalog.models import Sku
from catalog.tests.factories import sku_make
from core import clock
from core.deliveries import deliveries_sweep
from core.idempotency import form_key_new
from orders.amounts import line_paid_fen
from orders.models import Order
from orders.services import Offer, OrderItem, order_buy, order_place, order_price_ask, order_ship
from payments.models import Payment, Refund
from payments.services import payment_settle, refund_settle
from payments.tests.factories import merchant_account_make, transaction_id_make
from stores.models import Store
from stores.tests.factories import store_make

# By itself, so that a refusal leaves nothing of it in a test's own transaction.
order_placed = transaction.atomic(order_place)
_numbers = count(1)
LIST_FEN, FREIGHT_FEN = 5900, 600


@dataclass(frozen=True)
class Person:
    """A shopper with an address."""

    user: User
    address: AddressSnapshot

    @property
    def id(self) -> int:
        return self.user.pk


def person(name: str = "") -> Person:
    """Somebody who can buy, and lives alone."""
    user = user_make(nickname=name or f"买家{next(_numbers)}")
    number = next(_numbers)
    address = address_make(user, phone=f"138{number:08d}", street=f"滨河北中路 {number} 号")
    return Person(user, address_for_order(user.pk, address.public_id))


def known() -> Person:
    """Somebody who came yesterday, about whom no rule of risk has anything to say."""
    who = person()
    User.objects.filter(pk=who.id).update(joined_at=clock.now() - timedelta(days=1))
    return who


def store_open(name: str = "枣园", **changes: Any) -> Store:
    """A store that can take money; freight 6 yuan."""
    store = store_make(name=name, **{"freight_fen": FREIGHT_FEN, **changes})
    merchant_account_make(store=store)
    return store


def sku_on_sale(store: Store | None = None, *, on_hand: int = 100) -> Sku:
    """Something to buy for 59 yuan."""
    return sku_make(store=store or store_open(), price_fen=LIST_FEN, on_hand=on_hand)


def place(sku: Sku, who: Person | None = None, *, quantity: int = 1, **changes: Any) -> Order:
    """An order, not paid yet; `changes` to what `order_place` takes."""
    who = who or person()
    order: Order = order_placed(
        **{
            "buyer_id": who.id,
            "store_id": sku.store_id,
            "items": [OrderItem(sku.pk, quantity)],
            "address": who.address,
            "note": "",
            "expected_payable_fen": None,
            "now": clock.now(),
            **changes,
        }
    )
    return order


def buy(who: Person, sku: Sku, *, quantity: int = 1, form_key: str = "") -> str:
    """An order at list price by a form; its public id."""
    return order_buy(
        form_key=form_key or form_key_new(),
        buyer_id=who.id,
        store_id=sku.store_id,
        items=[OrderItem(sku.pk, quantity)],
        address=who.address,
        note="",
        expected_payable_fen=None,
        now=clock.now(),
    )


def offer(
    *, claim: Callable[[Order], None] = lambda _order: None, pay_before: datetime | None = None
) -> Offer:
    """A group's offer, as group-buy makes it."""
    return Offer(
        kind="group",
        ref=f"grp_test{next(_numbers):016d}",
        claim=claim,
        pay_before=pay_before,
    )


def order_make(sku: Sku | None = None, *, held: bool = False, **changes: Any) -> Order:
    """An order that awaits its payment; `held` as a group's would be."""
    if held:
        changes["offer"] = offer()
    return place(sku or sku_on_sale(), **changes)


def pay(order_ref: str, *, now: datetime | None = None) -> bool:
    """The money of the order's newest attempt arrives; nobody has been told yet."""
    return settle(Payment.objects.filter(order_ref=order_ref).order_by("-pk")[0], now=now)


def settle(payment: Payment, *, now: datetime | None = None) -> bool:
    """The money of this attempt arrives."""
    return payment_settle(
        payment_id=payment.pk,
        transaction_id=transaction_id_make(),
        amount_fen=payment.amount_fen,
        paid_at=clock.now(),
        now=now or clock.now(),
    )


def deliver() -> None:
    """Deliver every fact that waits, and what that brings about, as workers would."""
    for _ in range(20):
        if not deliveries_sweep(now=clock.now() + timedelta(minutes=20)):
            return
    raise AssertionError("facts bring about facts without end")


def paid_make(sku: Sku | None = None, *, held: bool = False, **changes: Any) -> Order:
    """An order whose money is there: to ship, or on hold."""
    order = order_make(sku, held=held, **changes)
    pay(order.public_id)
    deliver()
    order.refresh_from_db()
    return order


def priced(payable_fen: int, *quantities: int) -> tuple[Order, list[int]]:
    """A paid order without freight that costs so much in all, by the merchant's change of price, and
    what each of its lines costs."""
    store = store_open(freight_fen=0)
    skus = [sku_on_sale(store) for _ in quantities]
    items = [OrderItem(sku.pk, n) for sku, n in zip(skus, quantities, strict=True)]
    order = order_make(skus[0], items=items)
    order_price_ask(order_id=order.pk, payable_fen=payable_fen, by_id=None, now=clock.now())
    pay(order.public_id)
    deliver()
    order.refresh_from_db()
    return order, [line_paid_fen(line) for line in order.lines.order_by("pk")]


def shipped_make(sku: Sku | None = None, **changes: Any) -> Order:
    """An order on its way."""
    order = paid_make(sku, **changes)
    number = f"SF{order.pk:010d}"
    order_ship(order_id=order.pk, carrier="sf", tracking_no=number, by_id=None, now=clock.now())
    order.refresh_from_db()
    return order


def ship(
    order: Order, quantities: dict[int, int] | None = None, number: str = "SF00000001"
) -> None:
    """A parcel leaves: with so many of each line, by id, or with all that is left."""
    order_ship(
        order_id=order.pk,
        carrier="sf",
        tracking_no=number,
        by_id=None,
        now=clock.now(),
        quantities=quantities,
    )


def refunds() -> list[tuple[str, int]]:
    """(reason, fen) of all that was asked back, in its sequence."""
    return list(Refund.objects.order_by("pk").values_list("reason", "amount_fen"))


def money_back() -> None:
    """The money of every refund is back; nobody has been told yet."""
    for refund in Refund.objects.exclude(state="succeeded"):
        refund_settle(
            refund_id=refund.pk,
            provider_refund_id=f"50{refund.pk}",
            amount_fen=refund.amount_fen,
            succeeded_at=clock.now(),
            now=clock.now(),
        )
