"""A day of five hundred orders, with failures; the next morning the bill agrees to the fen."""

import random
from datetime import datetime, timedelta

import pytest

from core import clock
from orders.models import Order
from orders.services import order_cancel
from payments.bills import CHINA
from payments.gateway.base import GatewayError
from payments.models import BillDifference, BillLine, Payment, Refund, TradeBill
from payments.services import (
    GatewayTrouble,
    bill_fetch,
    bills_wanted,
    payment_poll,
    payment_prepare,
    refund_poll,
    refund_submit,
)
from payments.simulated import merchant_account_provision
from stores.tests.factories import store_make
from tests import cast
from tests.simulated import simulator_start

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = 500


@pytest.fixture
def running(tmp_path_factory):
    with simulator_start(tmp_path_factory.mktemp("bills"), speed=50) as found:
        yield found


@pytest.fixture
def simulator(running, settings):
    for name in ("SIMULATOR_URL", "WECHAT_PAY_URL", "WECHAT_API_URL", "WECHAT_OPEN_URL"):
        setattr(settings, name, running.url)
    return running


@pytest.fixture(autouse=True)
def nobody_is_nudged(monkeypatch):
    """The test is the worker: what would go to the queue is done here."""
    monkeypatch.setattr("core.deliveries.nudge", lambda pks: None)
    for module in ("deadlines", "subscribers"):
        monkeypatch.setattr(f"payments.{module}.enqueue", lambda task, pk: None)


def merchant(mchid):
    store = store_make(freight_fen=600)
    account = merchant_account_provision(store_id=store.pk, mchid=mchid, name=store.name)
    return store, account


def bought(simulator, sku, who, dice):
    """An order that is paid, or not; WeChat may fail on the way, and is asked again."""
    order = cast.order_of(cast.buy(who, sku, quantity=dice.randint(1, 3)))
    payment = Payment.objects.get(order_ref=order.public_id)
    for _ in range(4):
        try:
            payment_prepare(
                payment_public_id=payment.public_id,
                payer_id=who.id,
                channel="native",
                now=clock.now(),
            )
            break
        except GatewayTrouble:
            continue
    payment.refresh_from_db()
    if payment.state == "prepared" and dice.random() < 0.8:
        simulator.pay(payment.account.mchid, payment.out_trade_no, person="alice")
        for _ in range(4):
            if payment_poll(payment_id=payment.pk, now=clock.now()):
                break
    return order


def returned(order):
    """The merchant gives the order up, and the money goes back."""
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    cast.deliver()
    refund = Refund.objects.get(order_ref=order.public_id)
    for _ in range(5):
        refund.refresh_from_db()
        if refund.state == "requested":
            refund_submit(refund_id=refund.pk, now=clock.now())
        elif refund.state == "submitted":
            refund_poll(refund_id=refund.pk, now=clock.now())


def a_day(simulator, store, number):
    dice = random.Random(number)
    simulator.person("alice")
    skus = [cast.sku_on_sale(store, on_hand=2000) for _ in range(3)]
    people = cast.people(20)
    orders = [bought(simulator, dice.choice(skus), people[n % 20], dice) for n in range(number)]
    cast.deliver()
    for order in Order.objects.filter(store=store, state="to_ship").order_by("pk"):
        if dice.random() < 0.1:
            returned(order)
    return orders


def the_next_morning(simulator, days_begin):
    """WeChat's clock moves on two days; the bills of every day on which something happened."""
    morning = datetime.combine(
        datetime.now(CHINA).date() + timedelta(days=2), datetime.min.time(), CHINA
    ) + timedelta(hours=11)
    later = (morning - datetime.now(CHINA)).total_seconds()
    simulator.control("POST", "clock", advance_s=later)
    wanted = [one for one in bills_wanted(now=morning) if one[1] >= days_begin]
    return [
        bill_fetch(account_id=account_id, day=day, now=clock.now()) for account_id, day in wanted
    ]


def test_every_difference_of_a_day_is_none_or_found(simulator):
    begin = datetime.now(CHINA).date()
    store, account = merchant("1900000071")
    for operation in ("prepare", "query", "refund", "refund_query"):
        simulator.control(
            "POST",
            "faults",
            operation={"prepare": "prepay"}.get(operation, operation),
            mode="system_error_after",
            times=None,
            probability=0.05,
            seed=7,
        )
    orders = a_day(simulator, store, ORDERS)
    assert len(orders) == ORDERS
    simulator.faults_clear()
    for payment in Payment.objects.filter(account=account, state="prepared"):
        payment_poll(payment_id=payment.pk, now=clock.now())
    for refund in Refund.objects.filter(payment__account=account, state="requested"):
        refund_submit(refund_id=refund.pk, now=clock.now())
    for refund in Refund.objects.filter(payment__account=account, state="submitted"):
        refund_poll(refund_id=refund.pk, now=clock.now())
    paid = Payment.objects.filter(account=account, state="succeeded")
    back = Refund.objects.filter(payment__account=account, state__in=["submitted", "succeeded"])
    assert paid.count() > 300
    assert back.count() > 15

    # The bill itself comes damaged, then not at all, and then it comes.
    simulator.fault("bill", "bad_hash")
    with pytest.raises(GatewayError, match="BILL_DAMAGED"):
        the_next_morning(simulator, begin)
    assert not TradeBill.objects.filter(lines__gt=0).exists()
    bills = the_next_morning(simulator, begin)
    assert sum(bill.lines for bill in bills) == paid.count() + back.count()
    assert list(BillDifference.objects.all()) == []
    total = sum(BillLine.objects.filter(kind="SUCCESS").values_list("amount_fen", flat=True))
    assert total == sum(paid.values_list("amount_fen", flat=True))


def test_one_tampered_line_is_found(simulator):
    begin = datetime.now(CHINA).date()
    store, _account = merchant("1900000072")
    a_day(simulator, store, 20)
    simulator.fault("bill", "tampered")
    the_next_morning(simulator, begin)
    (found,) = BillDifference.objects.all()
    assert (found.side, found.kind) == ("payment", "amount")
    assert found.theirs_fen == found.ours_fen + 1
    payment = Payment.objects.get(out_trade_no=found.reference)
    assert (payment.amount_fen, payment.order_ref) == (found.ours_fen, found.order_ref)
