"""SIGKILL for every process, at random and at the worst moments; afterwards nothing is lost."""

import random
import threading
import time

import pytest

from local.services import WORKERS
from tests.faults.power import kill_and_start
from tests.faults.traffic import day

PARTS = ("web", *WORKERS, "beat", "valkey", "postgres")


def group_opened(shop, order):
    """The group that the paid order leads: the payer's page may be answered while the notice, in
    another process, is still opening it."""
    group = shop.value("SELECT offer_ref FROM orders_order WHERE public_id = %s", order)
    shop.until(
        lambda: (
            shop.value("SELECT state FROM groupbuy_group WHERE public_id = %s", group) == "open"
        ),
        what="the group is open",
    )
    return group


def test_every_process_is_killed_during_a_day_of_trade(shop):
    trade = day(shop, buyers=20, seed=4, name="power")
    dice = random.Random(11)
    killed: list[str] = []

    def shop_on():
        """Until everything was killed once, however fast the machine is."""
        trade.trade(alone=4, groups=3)
        while set(killed) != set(PARTS):
            trade.trade(alone=1, groups=1)

    shopping = threading.Thread(target=shop_on)
    shopping.start()
    # Processes may be started from the main thread only, so the killing happens here.
    while shopping.is_alive():
        time.sleep(dice.uniform(0.3, 1.5))
        waiting = [part for part in PARTS if part not in killed] or list(PARTS)
        part = dice.choice(waiting)
        kill_and_start(shop, part)
        killed.append(part)
    shopping.join()
    assert set(killed) == set(PARTS), killed
    assert len(trade.orders) >= 60
    trade.evening()
    for part in ("worker", "deadlines", "postgres"):
        time.sleep(0.5)
        kill_and_start(shop, part)
    trade.settle()
    assert shop.audit() == []


@pytest.mark.parametrize("mode", ["timeout", "timeout_after"])
def test_web_dies_while_wechat_is_asked_for_a_cashier(shop, mode):
    """The number is stored; whether it was heard nobody knows."""
    trade = day(shop, buyers=1, seed=1, name=f"prepare-{mode.replace('_', '-')}")
    buyer = trade.buyers[0]
    skus, _ = trade.goods()
    order = buyer.order(f"/checkout/?sku={skus[0]}&quantity=1")
    form = {"channel": "jsapi", "payable_fen": buyer.sum_shown(order)}
    shop.fault("prepay", mode, times=1)
    asking = threading.Thread(
        target=lambda: buyer._go("POST", f"/orders/{order}/pay/prepare/", **form)
    )
    asking.start()
    shop.until(
        lambda: shop.value(
            "SELECT count(*) FROM payments_payment WHERE order_ref = %s AND asked_at IS NOT NULL",
            order,
        ),
        what="the number is stored",
    )
    time.sleep(0.3)
    shop.stack.kill("web")
    asking.join()
    shop.stack.restart("web")
    assert buyer.pay(order)
    shop.until(
        lambda: (
            shop.value("SELECT state FROM orders_order WHERE public_id = %s", order) == "to_ship"
        ),
        what="the order is paid",
        wait_s=60,
    )
    assert shop.value("SELECT count(*) FROM payments_payment WHERE order_ref = %s", order) == 1
    trade.settle()
    assert shop.audit() == []


@pytest.mark.parametrize("mode", ["timeout", "timeout_after"])
def test_the_worker_dies_while_a_refund_is_submitted(shop, mode):
    """Paid late, refunded once: the number decides, not how often it was sent."""
    trade = day(shop, buyers=1, seed=2, name=f"refund-{mode.replace('_', '-')}")
    buyer = trade.buyers[0]
    _, products = trade.goods()
    order = buyer.order(f"/p/{products[0]}/group/")
    assert buyer.pay(order)
    group = group_opened(shop, order)
    shop.fault("refund", mode, times=1)
    shop.group_overdue(group)
    shop.until(
        lambda: shop.value(
            "SELECT count(*) FROM payments_refund WHERE order_ref = %s AND asked_at IS NOT NULL",
            order,
        ),
        what="the number is stored",
    )
    shop.until(
        lambda: [rule["hits"] for rule in shop.control("GET", "faults")] == [1],
        what="WeChat is asked",
    )
    shop.stack.kill("worker")
    # Neither an answer nor its absence was recorded: the call was under way.
    unheard = "SELECT state, submitted_at, error FROM payments_refund WHERE order_ref = %s"
    assert shop.sql(unheard, order) == [{"state": "requested", "submitted_at": None, "error": ""}]
    shop.stack.restart("worker")
    trade.settle()
    books = [
        one
        for m in ("1900000101", "1900000201")
        for one in shop.control("GET", f"books?mchid={m}")["refunds"]
    ]
    number = shop.value("SELECT out_refund_no FROM payments_refund WHERE order_ref = %s", order)
    assert [one["state"] for one in books if one["out_refund_no"] == number] == ["SUCCESS"]
    assert shop.audit() == []


@pytest.mark.parametrize(
    ("waits_for", "order_state"),
    [("orders_order", "awaiting_payment"), ("groupbuy_group", "on_hold")],
)
def test_web_dies_between_the_money_and_what_it_means(shop, waits_for, order_state):
    """The money is recorded; the order, or its group, has not heard of it. Who holds the row that the
    next link of the chain locks stops it exactly there."""
    trade = day(shop, buyers=1, seed=6, name=f"chain-{waits_for.partition('_')[0]}")
    buyer = trade.buyers[0]
    _, products = trade.goods()
    order = buyer.order(f"/p/{products[0]}/group/")
    assert buyer.prepare(order)
    group = shop.value("SELECT offer_ref FROM orders_order WHERE public_id = %s", order)
    # What else would deliver the fact, or find the money.
    for part in ("beat", *WORKERS):
        shop.stack.kill(part)
    row = {"orders_order": order, "groupbuy_group": group}[waits_for]
    with shop.row_held(waits_for, row):
        buyer.pay_at_wechat(order)
        shop.until(lambda: shop.lock_waiters() > 0, what="the chain waits for the row")
        shop.stack.kill("web")
        assert states_of(shop, order) == ("succeeded", order_state, "forming")
        assert shop.value("SELECT count(*) FROM core_delivery WHERE delivered_at IS NULL") > 0
    shop.stack.start("web", *WORKERS, "beat")
    shop.until(
        lambda: states_of(shop, order) == ("succeeded", "on_hold", "open"),
        what="the order and its group have heard",
        wait_s=60,
    )
    trade.evening()
    trade.settle()
    assert shop.audit() == []


def states_of(shop, order):
    """The states of an order's payment, of the order and of its group."""
    found = shop.sql(
        "SELECT p.state AS payment, o.state AS order, g.state AS group FROM orders_order o "
        "JOIN payments_payment p ON p.order_ref = o.public_id "
        "JOIN groupbuy_group g ON g.public_id = o.offer_ref WHERE o.public_id = %s",
        order,
    )[0]
    return found["payment"], found["order"], found["group"]


def test_committed_but_not_delivered(shop):
    """Worker and web die between the commit and its consequences; the sweep finds them."""
    trade = day(shop, buyers=2, seed=3, name="commit")
    _, products = trade.goods()
    alice, bob = trade.buyers
    order = alice.order(f"/p/{products[1]}/group/")
    assert alice.pay(order)
    group = group_opened(shop, order)
    shop.stack.kill("worker")
    shop.stack.kill("beat")
    joined = bob.order(f"/g/{group}/join/")
    shop.stack.kill("web")
    waiting = shop.value("SELECT count(*) FROM core_delivery WHERE delivered_at IS NULL")
    assert waiting > 0
    shop.stack.start("web", "worker", "beat")
    shop.until(
        lambda: not shop.value("SELECT count(*) FROM core_delivery WHERE delivered_at IS NULL"),
        what="every fact is delivered",
        wait_s=60,
    )
    assert joined, bob.refusals
    trade.evening()
    trade.settle()
    assert shop.audit() == []
