"""A day of five hundred orders, with failures; the next morning every fen is in the bill, or explained."""

import random
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from core import clock
from core.deadlines import deadlines_run
from orders.models import Order
from orders.services import order_cancel
from payments.bills import CHINA
from payments.gateway import gateway_for
from payments.gateway.base import GatewayError, RefundAsk
from payments.models import BillDifference, BillLine, Payment, Refund, TradeBill
from payments.queries import missing_bill_count, open_difference_count
from payments.services import (
    GatewayTrouble,
    bill_fetch,
    bills_wanted,
    payment_poll,
    payment_prepare,
    refund_poll,
    refund_retry,
    refund_submit,
)
from payments.simulated import merchant_account_provision
from stores.tests.factories import staff_make, store_make
from tests import cast
from tests.simulated import simulator_start

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = 500
# How WeChat Pay misbehaves all day, with which probability; and what it does but once or twice.
CALLS = ("prepay", "query", "refund", "refund_query")
ALL_DAY = {
    **{
        (operation, mode): chance
        for operation in CALLS
        for mode, chance in (
            ("system_error_before", 0.03),
            ("system_error_after", 0.05),
            ("frequency_limited", 0.03),
            ("bad_signature", 0.03),
        )
    },
    ("refund", "not_enough"): 0.2,
    ("refund", "abnormal"): 0.2,
    ("notice", "duplicate"): 0.1,
    ("notice", "late"): 0.05,
    ("notice", "reordered"): 0.1,
    ("notice", "lost"): 0.1,
    ("notice", "forged"): 0.05,
    ("notice", "stale"): 0.05,
}
ONCE = [("prepay", "timeout"), ("prepay", "timeout_after"), ("refund", "timeout_after")]


@pytest.fixture
def running(tmp_path_factory):
    with simulator_start(tmp_path_factory.mktemp("bills"), speed=50) as found:
        yield found


@pytest.fixture
def simulator(running, settings, live_server):
    """It calls this process with its notices."""
    for name in ("SIMULATOR_URL", "WECHAT_PAY_URL", "WECHAT_API_URL", "WECHAT_OPEN_URL"):
        setattr(settings, name, running.url)
    settings.SITE_URL = live_server.url
    return running


@pytest.fixture(autouse=True)
def nobody_is_nudged(monkeypatch):
    """The test is the worker: what would go to the queue is done here."""
    monkeypatch.setattr("core.deliveries.nudge", lambda pks, *, first: None)
    for module in ("deadlines", "subscribers"):
        monkeypatch.setattr(f"payments.{module}.enqueue", lambda task, pk: None)


def misbehave(simulator):
    rule = {"method": "POST", "path": "faults"}
    for seed, ((operation, mode), chance) in enumerate(ALL_DAY.items()):
        simulator.control(
            **rule, operation=operation, mode=mode, times=None, probability=chance, seed=seed
        )
    for operation, mode in ONCE:
        simulator.fault(operation, mode)


def bought(simulator, sku, who, dice):
    """An order that is paid, or not; WeChat may fail on the way, and is asked again."""
    order = cast.order_of(cast.buy(who, sku, quantity=dice.randint(1, 3)))
    payment = Payment.objects.get(order_ref=order.public_id)
    asked = {"payment_public_id": payment.public_id, "payer_id": who.id, "channel": "native"}
    asked["amount_fen"] = payment.amount_fen
    for _ in range(6):
        try:
            payment_prepare(**asked, now=clock.now())
        except GatewayTrouble:
            continue
        break
    payment.refresh_from_db()
    assert payment.state == "prepared"
    if dice.random() < 0.8:
        simulator.pay(payment.account.mchid, payment.out_trade_no, person="alice")


def all_settled(simulator):
    """Notices are heard, and those that never come are made up for by asking."""
    simulator.control("POST", "notices/flush")
    books = {
        one["out_trade_no"]
        for account in {payment.account for payment in Payment.objects.select_related("account")}
        for one in simulator.books(account.mchid)["payments"]
        if one["paid_at"]
    }
    lost = Payment.objects.filter(state="prepared", out_trade_no__in=books)
    found = lost.count()
    for _ in range(8):
        for payment in lost.all():
            payment_poll(payment_id=payment.pk, now=clock.now())
    assert not lost.exists()
    cast.deliver()
    return found


def all_returned(simulator):
    """Every refund is back: handed over again and again, by hand where it is stuck."""
    stuck = set()
    for _ in range(12):
        for refund in Refund.objects.exclude(state="succeeded"):
            if refund.state == "requested":
                refund_submit(refund_id=refund.pk, now=clock.now())
            elif refund.state == "submitted":
                refund_poll(refund_id=refund.pk, now=clock.now())
            else:
                stuck.add(refund.pk)
                refund_retry(refund_id=refund.pk, by_id=0, now=clock.now())
        simulator.control("POST", "notices/flush")
    assert not Refund.objects.exclude(state="succeeded").exists()
    cast.deliver()
    return len(stuck)


def a_day(simulator, store):
    """How many payments' notices were lost, and how many refunds were stuck."""
    dice = random.Random(ORDERS)
    simulator.person("alice")
    skus = [cast.sku_on_sale(store, on_hand=2000) for _ in range(3)]
    people = cast.people(20)
    for number in range(ORDERS):
        bought(simulator, dice.choice(skus), people[number % 20], dice)
    lost = all_settled(simulator)
    for order in Order.objects.filter(store=store, state="to_ship").order_by("pk"):
        if dice.random() < 0.1:
            order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    cast.deliver()
    return lost, all_returned(simulator)


def returned_by_hand(account):
    """The merchant sends a yuan back on WeChat Pay's own pages: nobody here is told."""
    kept = Order.objects.filter(state="to_ship").order_by("pk").first()
    payment = Payment.objects.get(order_ref=kept.public_id)
    ask = RefundAsk(
        out_refund_no="by-hand-1",
        out_trade_no=payment.out_trade_no,
        refund_fen=100,
        total_fen=payment.amount_fen,
        reason="",
    )
    gateway_for(account).refund(ask)


def the_next_morning(simulator, begin: date):
    """WeChat's clock moves on two days; the bills of every day on which something happened."""
    morning = datetime.combine(
        datetime.now(CHINA).date() + timedelta(days=2), datetime.min.time(), CHINA
    ) + timedelta(hours=11)
    later = (morning - datetime.now(CHINA)).total_seconds()
    simulator.control("POST", "clock", advance_s=later)
    wanted = [one for one in bills_wanted(now=morning) if one[1] >= begin]
    bills = [
        bill_fetch(account_id=account_id, day=day, now=clock.now()) for account_id, day in wanted
    ]
    cast.deliver()
    return bills


def explained(client, store, found):
    """In the office: the list shows it, and a person says what it was."""
    client.force_login(staff_make(store).user)
    listed = client.get(
        reverse("admin:payments_billdifference_changelist"), {"explained_at__isempty": "1"}
    )
    assert found.reference in listed.content.decode()
    page = reverse("admin:payments_billdifference_change", args=[found.pk])
    client.post(page, {"explanation": "店主在商户平台手工退了一元"})
    found.refresh_from_db()
    assert found.explanation == "店主在商户平台手工退了一元"


def told(found):
    return (found.side, found.kind, found.reference)


def test_every_difference_of_a_day_is_none_or_explained_and_a_tampered_line_is_found(
    simulator, client
):
    begin = datetime.now(CHINA).date()
    store = store_make(freight_fen=600)
    account = merchant_account_provision(store_id=store.pk, mchid="1900000071", name=store.name)
    misbehave(simulator)
    lost, stuck = a_day(simulator, store)
    assert lost > 0.02 * ORDERS
    assert stuck > 2
    notices = simulator.control("GET", "notices")
    assert {one["mode"] for one in notices} > {"duplicate", "late", "lost", "forged", "stale"}
    assert [one for one in notices if one["was_fooled"]] == []
    simulator.faults_clear()
    returned_by_hand(account)
    paid = Payment.objects.filter(account=account, state="succeeded")
    back = Refund.objects.filter(payment__account=account, state="succeeded")
    assert Order.objects.count() == ORDERS
    assert paid.count() > 0.6 * ORDERS
    assert back.count() > 0.03 * ORDERS
    deadlines_run(now=clock.now())  # nobody ticks here, however long the day takes
    assert cast.broken() == []

    # The bill itself comes damaged, and then it comes.
    simulator.fault("bill", "bad_hash")
    with pytest.raises(GatewayError, match="BILL_DAMAGED"):
        the_next_morning(simulator, begin)
    assert (missing_bill_count(store.pk), BillLine.objects.count()) == (1, 0)
    bills = the_next_morning(simulator, begin)
    assert missing_bill_count(store.pk) == 0
    assert sum(bill.lines for bill in bills) == paid.count() + back.count() + 1
    total = sum(BillLine.objects.filter(kind="SUCCESS").values_list("amount_fen", flat=True))
    assert total == sum(paid.values_list("amount_fen", flat=True))

    (by_hand,) = BillDifference.objects.all()
    assert told(by_hand) == ("refund", "not_here", "by-hand-1")
    assert open_difference_count(store.pk) == 1
    explained(client, store, by_hand)
    assert open_difference_count(store.pk) == 0

    # The same day again, and somebody has put a fen onto one of its lines.
    TradeBill.objects.all().delete()
    simulator.fault("bill", "tampered")
    the_next_morning(simulator, begin)
    (tampered,) = BillDifference.objects.exclude(reference=by_hand.reference)
    assert (tampered.side, tampered.kind) == ("payment", "amount")
    assert tampered.theirs_fen == tampered.ours_fen + 1
    payment = Payment.objects.get(out_trade_no=tampered.reference)
    assert (payment.amount_fen, payment.order_ref) == (tampered.ours_fen, tampered.order_ref)
