"""Payments that several threads are at, for the races about money."""

from core import clock
from core.facts import facts_record
from orders.models import Order
from payments.models import Payment, Refund
from payments.services import payment_prepare, payment_settle
from tests import cast
from tests.races.threads import together


def bought():
    """An order and its attempt, not paid."""
    ref = cast.buy(cast.person(), cast.sku_on_sale())
    return cast.order_of(ref), Payment.objects.get(order_ref=ref)


def prepare(payment, channel="native"):
    return payment_prepare(
        payment_public_id=payment.public_id,
        amount_fen=payment.amount_fen,
        payer_id=payment.payer_id,
        channel=channel,
        openid="o-alice" if channel == "jsapi" else "",
        now=clock.now(),
    )


def settle(payment, number):
    """What a notice does when it fits."""
    return payment_settle(
        payment_id=payment.pk,
        transaction_id=number,
        amount_fen=payment.amount_fen,
        paid_at=clock.now(),
        now=clock.now(),
    )


def state(order):
    return Order.objects.values_list("state", flat=True).get(pk=order.pk)


def refunds():
    return sorted(Refund.objects.values_list("reason", flat=True))


def look_first(monkeypatch, machine, states, readers=2):
    """In the place of compare-and-set: look whether the row is in one of these states, then move it."""
    look = together(lambda row: row.state in states, readers)

    def careless(row, name, *, now, changes=None):
        if not look(row):
            return False
        move = machine.moves[name]
        type(row).objects.filter(pk=row.pk).update(**{"state": move.target, **(changes or {})})
        if move.fact:
            facts_record(move.fact.of(row), now=now)
        return True

    monkeypatch.setattr(machine, "move_row", careless)
