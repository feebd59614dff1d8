"""A day in the shop: any sequence of moves by shoppers, a merchant, WeChat Pay and the clock.

Hypothesis invents the days; everything in them runs on PostgreSQL through the services, with the
provider in a dictionary. Notices get lost or come twice, workers sleep, time jumps. Whatever
happened, once time has passed and the workers have worked the audit finds nothing.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from campaigns.groupbuy.models import Group
from campaigns.groupbuy.services import CancelRefused as GroupCancelRefused
from campaigns.groupbuy.services import JoinRefused, group_cancel
from catalog.services import OutOfStock, StockRefused, sku_price_change, stock_correct
from core import clock
from core.deadlines import deadlines_run
from core.idempotency import form_key_new
from core.invariants import audit, invariants
from core.partitions import partitions_ensure
from orders.models import Order
from orders.services import (
    CancelRefused,
    OrderItem,
    OrderRefused,
    PriceChanged,
    ShipRefused,
    order_buy,
    order_cancel,
    order_close_request,
    order_receive,
    order_ship,
)
from payments.gateway.base import GatewayError, RefundStatus, TradeState
from payments.models import Payment, Refund
from payments.services import (
    GatewayTrouble,
    PaymentGone,
    payment_poll,
    payment_prepare,
    refund_retry,
)
from payments.tests.fake import FakeGateway
from tests import cast

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)

# What a person may be told; anything else that is raised is a fault.
REFUSALS = (
    CancelRefused,
    GatewayTrouble,
    GroupCancelRefused,
    JoinRefused,
    OrderRefused,
    OutOfStock,
    PaymentGone,
    PriceChanged,
    ShipRefused,
    StockRefused,
)
JUMPS_S = [20, 300, 16 * 60, 26 * 3600]


class World:
    """What is outside of the shop: the time, WeChat Pay, and a queue whose workers may sleep."""

    def __init__(self) -> None:
        self.late = timedelta(0)
        self.queue: list[Callable[[], Any]] = []
        self.provider = FakeGateway(None)

    def now(self) -> datetime:
        return timezone.now() + self.late

    def gateway_for(self, account: Any) -> FakeGateway:
        self.provider.account = account
        return self.provider

    def enqueue(self, task: Any, pk: int) -> None:
        self.queue.append(lambda: task(pk))

    def workers_work(self) -> None:
        cast.deliver()
        waiting, self.queue = self.queue, []
        for work in waiting:
            work()
        cast.deliver()

    def time_passes(self, seconds: float) -> None:
        self.late += timedelta(seconds=seconds)
        partitions_ensure(now=self.now())


@pytest.fixture
def world(monkeypatch):
    found = World()
    monkeypatch.setattr("core.clock.now", found.now)
    monkeypatch.setattr("core.deliveries.nudge", lambda pks: None)
    for module in ("deadlines", "subscribers"):
        monkeypatch.setattr(f"payments.{module}.enqueue", found.enqueue)
    for module in ("settle", "close", "prepare", "refund"):
        monkeypatch.setattr(f"payments.services.{module}.gateway_for", found.gateway_for)
    return found


class Day(RuleBasedStateMachine):
    """One day. Every day has its own store; all of them share the database."""

    world: World

    @initialize(size=st.integers(2, 3), on_hand=st.integers(2, 8))
    def opens(self, size: int, on_hand: int) -> None:
        self.campaign, self.sku = cast.campaign_make(size=size, on_hand=on_hand, quota=6)
        self.people = cast.people(4)

    def orders(self, *states: str) -> list[Order]:
        mine = Order.objects.filter(store_id=self.sku.store_id).order_by("pk")
        return list(mine.filter(state__in=states) if states else mine)

    def one_of(self, rows: Any, n: int) -> Any:
        found = list(rows)
        return found[n % len(found)] if found else None

    def payments(self) -> list[Payment]:
        return list(Payment.objects.filter(store_id=self.sku.store_id).order_by("pk"))

    # --- shoppers ---
    @rule(n=st.integers(0, 3), quantity=st.integers(1, 4), twice=st.booleans())
    def buys_alone(self, n: int, quantity: int, twice: bool) -> None:
        key, now = form_key_new(), clock.now()
        who = self.people[n]
        for _ in range(2 if twice else 1):
            with suppress(*REFUSALS):
                order_buy(
                    form_key=key,
                    buyer_id=who.id,
                    store_id=self.sku.store_id,
                    items=[OrderItem(self.sku.pk, quantity)],
                    address=who.address,
                    note="",
                    expected_payable_fen=None,
                    now=now,
                )

    @rule(n=st.integers(0, 3), quantity=st.integers(1, 2))
    def leads(self, n: int, quantity: int) -> None:
        with suppress(*REFUSALS):
            cast.lead(self.campaign, self.sku, self.people[n], quantity=quantity)

    @rule(n=st.integers(0, 3), which=st.integers(0, 9))
    def joins(self, n: int, which: int) -> None:
        group = self.one_of(Group.objects.filter(campaign=self.campaign).order_by("pk"), which)
        if group is not None:
            with suppress(*REFUSALS):
                cast.join(group.public_id, self.sku, self.people[n])

    @rule(which=st.integers(0, 19), channel=st.sampled_from(["native", "jsapi"]))
    def opens_the_cashier(self, which: int, channel: str) -> None:
        payment = self.one_of(self.payments(), which)
        if payment is not None:
            with suppress(*REFUSALS):
                payment_prepare(
                    payment_public_id=payment.public_id,
                    payer_id=payment.payer_id,
                    channel=channel,
                    openid="o_somebody" if channel == "jsapi" else "",
                    now=clock.now(),
                )

    @rule(which=st.integers(0, 19), heard=st.integers(0, 2))
    def pays(self, which: int, heard: int) -> None:
        """The payer pays; the shop hears of it never, once or twice."""
        unpaid = [
            one
            for one in self.payments()
            if (trade := self.world.provider.trades.get(one.out_trade_no))
            and trade.state == TradeState.UNPAID
        ]
        payment = self.one_of(unpaid, which)
        if payment is not None:
            self.world.provider.pay(payment.out_trade_no)
            for _ in range(heard):
                payment_poll(payment_id=payment.pk, now=clock.now())

    @rule(which=st.integers(0, 9))
    def gives_up(self, which: int) -> None:
        order = self.one_of(self.orders("awaiting_payment"), which)
        if order is not None:
            with suppress(*REFUSALS):
                order_close_request(order_id=order.pk, now=clock.now())

    @rule(which=st.integers(0, 9))
    def receives(self, which: int) -> None:
        order = self.one_of(self.orders("shipped", "completed", "to_ship"), which)
        if order is not None:
            with suppress(*REFUSALS):
                order_receive(order_id=order.pk, now=clock.now())

    # --- the merchant ---
    @rule(which=st.integers(0, 9))
    def ships(self, which: int) -> None:
        order = self.one_of(self.orders(), which)
        if order is not None:
            with suppress(*REFUSALS):
                order_ship(
                    order_id=order.pk,
                    carrier="sf",
                    tracking_no="SF1234567890",
                    by_id=None,
                    now=clock.now(),
                )

    @rule(which=st.integers(0, 9))
    def cancels_an_order(self, which: int) -> None:
        order = self.one_of(self.orders("to_ship", "on_hold"), which)
        if order is not None:
            with suppress(*REFUSALS):
                order_cancel(order_id=order.pk, reason="断货", now=clock.now())

    @rule(which=st.integers(0, 9))
    def cancels_a_group(self, which: int) -> None:
        group = self.one_of(Group.objects.filter(campaign=self.campaign).order_by("pk"), which)
        if group is not None:
            with suppress(*REFUSALS):
                group_cancel(group_id=group.pk, reason="断货", now=clock.now())

    @rule(on_hand=st.integers(0, 12), price_fen=st.integers(1, 9000))
    def counts_stock_and_changes_the_price(self, on_hand: int, price_fen: int) -> None:
        with suppress(*REFUSALS):
            stock_correct(
                sku_id=self.sku.pk,
                on_hand=on_hand,
                reason="盘点",
                by_id=None,
                now=clock.now(),
            )
        sku_price_change(sku_id=self.sku.pk, price_fen=price_fen, by_id=None, now=clock.now())

    # --- WeChat Pay, workers, time ---
    @rule(which=st.integers(0, 9), status=st.sampled_from(["succeeded", "abnormal"]))
    def finishes_a_refund(self, which: int, status: str) -> None:
        numbers = sorted(
            number
            for number, one in self.world.provider.refunds.items()
            if one.status == RefundStatus.PROCESSING
        )
        number = self.one_of(numbers, which)
        if number is not None:
            self.world.provider.refund_becomes(number, RefundStatus(status))

    @rule(verb=st.sampled_from(["prepare", "query", "close", "refund", "query_refund"]))
    def provider_fails_next(self, verb: str) -> None:
        self.world.provider.fail(verb, "SYSTEM_ERROR")

    @rule()
    def workers_work(self) -> None:
        self.world.workers_work()

    @rule(seconds=st.sampled_from(JUMPS_S), beat=st.booleans())
    def time_passes(self, seconds: int, beat: bool) -> None:
        self.world.time_passes(seconds)
        if beat:
            deadlines_run(now=clock.now())

    def teardown(self) -> None:
        if not hasattr(self, "sku"):
            return
        self.world.provider.failures.clear()
        the_dust_settles(self.world)
        found = audit(
            now=clock.now(), names=[i.name for i in invariants() if i.name != "books.agree"]
        )
        assert [f"{one.invariant}: {one.row}: {one.detail}" for one in found] == []
        assert_money_is_where_the_provider_has_it(self.world, self.sku.store_id)


def the_dust_settles(world: World) -> None:
    """Time passes and everybody works until nothing is left to do."""
    for seconds in (1, 5, 20, 60, 120, 300, 900, 1800, 3600, 26 * 3600, 60, 60, 4 * 86400):
        world.time_passes(seconds)
        for number, refund in list(world.provider.refunds.items()):
            if refund.status == RefundStatus.PROCESSING:
                world.provider.refund_becomes(number, RefundStatus.SUCCEEDED)
        for _ in range(3):
            deadlines_run(now=clock.now())
            world.workers_work()
    for stuck in Refund.objects.filter(state="stuck"):
        # A person in the office settles it with the payer's bank and asks again.
        world.provider.refund_becomes(stuck.out_refund_no, RefundStatus.SUCCEEDED)
        with suppress(GatewayError, *REFUSALS):
            refund_retry(refund_id=stuck.pk, now=clock.now())
    for _ in range(3):
        world.time_passes(3600)
        deadlines_run(now=clock.now())
        world.workers_work()


def assert_money_is_where_the_provider_has_it(world: World, store_id: int) -> None:
    """Fen for fen: what was paid is with a living order, or went back, at the provider, too."""
    for payment in Payment.objects.filter(store_id=store_id):
        trade = world.provider.trades.get(payment.out_trade_no)
        was_paid = trade is not None and trade.state == TradeState.PAID
        assert was_paid is (payment.state == "succeeded"), payment
        if not was_paid:
            continue
        back = sum(
            one.refund_fen
            for one in world.provider.refunds.values()
            if one.out_trade_no == payment.out_trade_no and one.status == RefundStatus.SUCCEEDED
        )
        kept = Order.objects.filter(
            payment=payment, state__in=["on_hold", "to_ship", "shipped", "completed"]
        ).exists()
        assert back == (0 if kept else payment.amount_fen), payment


def test_whatever_happens_in_a_day_everything_adds_up(world):
    run_state_machine_as_test(
        type("Day", (Day,), {"world": world}),
        settings=settings(
            max_examples=30,
            stateful_step_count=35,
            deadline=None,
            derandomize=True,
            # A day that fails is long to shrink, and its log names the row already.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_seat_that_is_given_away_twice_is_found(world, monkeypatch):
    """Control: the days find a fault that is put in."""
    monkeypatch.setattr("campaigns.groupbuy.services.seats.quota_give_back", lambda **_: None)
    with pytest.raises(AssertionError, match=r"groupbuy\.quota"):
        run_state_machine_as_test(
            type("Day", (Day,), {"world": world}),
            settings=settings(
                max_examples=60,
                stateful_step_count=20,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
