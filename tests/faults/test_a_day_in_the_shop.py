"""A day in the shop: any sequence of moves by shoppers, a merchant, WeChat Pay and the clock.

Dice invent the days, the same ones every time; everything in them runs on PostgreSQL through the
services, with the provider in a dictionary. Notices get lost or come twice, workers sleep, time
jumps. Whatever happened, once time has passed and the workers have worked the audit finds nothing.
"""

import inspect
import random
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from campaigns.groupbuy.models import Group
from campaigns.groupbuy.services import CancelRefused as GroupCancelRefused
from campaigns.groupbuy.services import JoinRefused, group_cancel
from catalog.services import OutOfStock, StockRefused, sku_price_change, stock_correct
from core import clock
from core.deadlines import deadlines_run
from core.idempotency import form_key_new
from core.invariants import audit, invariants
from core.partitions import partitions_ensure
from orders.models import Order, OrderLine, OrderReprice
from orders.services import (
    CancelRefused,
    OrderItem,
    OrderRefused,
    PriceChanged,
    RepriceRefused,
    ShipRefused,
    order_buy,
    order_cancel,
    order_close_request,
    order_line_cancel,
    order_price_ask,
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
from payments.states import LIVE_PAYMENT
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
    RepriceRefused,
    ShipRefused,
    StockRefused,
)


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


class Day:
    """One day. Every day has its own store; all of them share the database."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self.world, self.dice = world, dice
        size, on_hand = dice.randint(2, 3), dice.randint(4, 12)
        self.campaign, self.sku = cast.campaign_make(size=size, on_hand=on_hand, quota=12)
        self.other = cast.sku_on_sale(self.sku.store, on_hand=3)
        self.people = cast.people(6)

    def orders(self, *states: str) -> list[Order]:
        mine = Order.objects.filter(store_id=self.sku.store_id).order_by("pk")
        return list(mine.filter(state__in=states) if states else mine)

    def one_of(self, rows: Any, n: int) -> Any:
        found = list(rows)
        return found[n % len(found)] if found else None

    def payments(self) -> list[Payment]:
        return list(Payment.objects.filter(store_id=self.sku.store_id).order_by("pk"))

    # --- shoppers ---
    def buys_alone(self, n: int, quantity: int, twice: bool, both: bool) -> None:
        key, now = form_key_new(), clock.now()
        items = [OrderItem(self.sku.pk, quantity)]
        if both:
            items.append(OrderItem(self.other.pk, 1))
        who = self.people[n]
        for _ in range(2 if twice else 1):
            with suppress(*REFUSALS):
                order_buy(
                    form_key=key,
                    buyer_id=who.id,
                    store_id=self.sku.store_id,
                    items=items,
                    address=who.address,
                    note="",
                    expected_payable_fen=None,
                    now=now,
                )

    def leads(self, n: int, quantity: int) -> None:
        with suppress(*REFUSALS):
            cast.lead(self.campaign, self.sku, self.people[n], quantity=quantity)

    def joins(self, n: int, which: int) -> None:
        group = self.one_of(Group.objects.filter(campaign=self.campaign).order_by("pk"), which)
        if group is not None:
            with suppress(*REFUSALS):
                cast.join(group.public_id, self.sku, self.people[n])

    def opens_the_cashier(self, which: int, channel: str) -> None:
        waiting = Payment.objects.filter(store_id=self.sku.store_id, state__in=LIVE_PAYMENT)
        payment = self.one_of(waiting.order_by("pk"), which)
        if payment is not None:
            with suppress(*REFUSALS):
                payment_prepare(
                    payment_public_id=payment.public_id,
                    payer_id=payment.payer_id,
                    channel=channel,
                    openid="o_somebody" if channel == "jsapi" else "",
                    now=clock.now(),
                )

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

    def gives_up(self, which: int) -> None:
        order = self.one_of(self.orders("awaiting_payment"), which)
        if order is not None:
            with suppress(*REFUSALS):
                order_close_request(order_id=order.pk, now=clock.now())

    def receives(self, which: int) -> None:
        order = self.one_of(self.orders("shipped", "completed", "to_ship"), which)
        if order is not None:
            with suppress(*REFUSALS):
                order_receive(order_id=order.pk, now=clock.now())

    # --- the merchant ---
    def changes_what_an_order_costs(self, which: int, payable_fen: int) -> None:
        order = self.one_of(self.orders("awaiting_payment"), which)
        if order is not None:
            with suppress(*REFUSALS):
                order_price_ask(
                    order_id=order.pk, payable_fen=payable_fen, by_id=None, now=clock.now()
                )

    def gives_up_a_line(self, which: int, line: int) -> None:
        order = self.one_of(self.orders("to_ship", "shipped"), which)
        if order is not None:
            with suppress(*REFUSALS):
                order_line_cancel(
                    order_id=order.pk,
                    line_id=self.one_of(order.lines.order_by("pk"), line).pk,
                    reason="断货",
                    by_id=None,
                    now=clock.now(),
                )

    def sends_a_part(self, which: int) -> None:
        order = self.one_of(self.orders("to_ship"), which)
        if order is not None:
            with suppress(*REFUSALS):
                order_ship(
                    order_id=order.pk,
                    carrier="zto",
                    tracking_no="ZT1234567890",
                    by_id=None,
                    now=clock.now(),
                    quantities={order.lines.order_by("pk")[0].pk: 1},
                )

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

    def cancels_an_order(self, which: int) -> None:
        order = self.one_of(self.orders("to_ship", "on_hold"), which)
        if order is not None:
            with suppress(*REFUSALS):
                order_cancel(order_id=order.pk, reason="断货", now=clock.now())

    def cancels_a_group(self, which: int) -> None:
        group = self.one_of(Group.objects.filter(campaign=self.campaign).order_by("pk"), which)
        if group is not None:
            with suppress(*REFUSALS):
                group_cancel(group_id=group.pk, reason="断货", now=clock.now())

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
    def finishes_a_refund(self, which: int, status: str) -> None:
        numbers = sorted(
            number
            for number, one in self.world.provider.refunds.items()
            if one.status == RefundStatus.PROCESSING
        )
        number = self.one_of(numbers, which)
        if number is not None:
            self.world.provider.refund_becomes(number, RefundStatus(status))

    def provider_fails_next(self, verb: str) -> None:
        self.world.provider.fail(verb, "SYSTEM_ERROR")

    def workers_work(self) -> None:
        self.world.workers_work()

    def time_passes(self, seconds: int, beat: bool) -> None:
        self.world.time_passes(seconds)
        if beat:
            deadlines_run(now=clock.now())

    def goes_on(self, moves: int) -> None:
        """So many moves, one after another, by whoever the dice choose."""
        acts, weights = zip(*MOVES.items(), strict=True)
        for _ in range(moves):
            act = self.dice.choices(acts, weights)[0]
            wanted = inspect.signature(getattr(self, act)).parameters
            getattr(self, act)(**{name: self.dice.choice(CHOICES[name]) for name in wanted})

    def ends(self) -> None:
        """Everything settles, and adds up, here and at the provider."""
        self.world.provider.failures.clear()
        the_dust_settles(self.world)
        found = audit(
            now=clock.now(), names=[i.name for i in invariants() if i.name != "books.agree"]
        )
        assert [f"{one.invariant}: {one.row}: {one.detail}" for one in found] == []
        assert_money_is_where_the_provider_has_it(self.world, self.sku.store_id)


# How often each move is made, and what its arguments may be.
MOVES = {
    "buys_alone": 14,
    "leads": 8,
    "joins": 14,
    "opens_the_cashier": 24,
    "pays": 24,
    "gives_up": 3,
    "receives": 8,
    "changes_what_an_order_costs": 4,
    "gives_up_a_line": 4,
    "sends_a_part": 4,
    "ships": 10,
    "cancels_an_order": 2,
    "cancels_a_group": 1,
    "counts_stock_and_changes_the_price": 5,
    "finishes_a_refund": 4,
    "provider_fails_next": 3,
    "workers_work": 14,
    "time_passes": 4,
}
CHOICES: dict[str, Any] = {
    "n": range(6),
    "quantity": (1, 1, 1, 2, 4),
    "twice": (False, False, True),
    "both": (False, True),
    "which": range(40),
    "channel": ("native", "jsapi"),
    "heard": (0, 1, 1, 2),
    "line": (0, 1),
    "payable_fen": (1, 500, 6_000, 30_000),
    "on_hand": (0, 6, 12, 20),
    "price_fen": (1, 880, 5_900, 9_000),
    "status": ("succeeded", "succeeded", "abnormal"),
    "verb": ("prepare", "query", "close", "refund", "query_refund"),
    "seconds": (20, 20, 20, 300, 300, 300, 16 * 60, 26 * 3600),
    "beat": (False, True, True),
}


def everybody_works_after(world: World, seconds: float) -> None:
    world.time_passes(seconds)
    for _ in range(3):
        for number, refund in list(world.provider.refunds.items()):
            if refund.status == RefundStatus.PROCESSING:
                world.provider.refund_becomes(number, RefundStatus.SUCCEEDED)
        deadlines_run(now=clock.now())
        world.workers_work()


def the_dust_settles(world: World) -> None:
    """Time passes and everybody works until nothing is left to do."""
    for seconds in (1, 5, 20, 60, 120, 300, 900, 1800, 3600, 26 * 3600, 60, 60, 4 * 86400):
        everybody_works_after(world, seconds)
    for stuck in Refund.objects.filter(state="stuck"):
        # A person in the office settles it with the payer's bank and asks again.
        if stuck.out_refund_no in world.provider.refunds:
            world.provider.refund_becomes(stuck.out_refund_no, RefundStatus.SUCCEEDED)
        with suppress(GatewayError, *REFUSALS):
            refund_retry(refund_id=stuck.pk, by_id=1, now=clock.now())
    for _ in range(3):
        everybody_works_after(world, 3600)


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
        ours = sum(
            Refund.objects.filter(payment=payment, state="succeeded").values_list(
                "amount_fen", flat=True
            )
        )
        assert back == ours, payment
        assert back < payment.amount_fen if kept else back == payment.amount_fen, payment


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_in_a_day_everything_adds_up(world, seed):
    day = Day(world, random.Random(seed))
    day.goes_on(200)
    day.ends()


def test_the_days_are_busy_ones(world):
    """What the days above do happens often enough to mean something."""
    for seed in range(4):
        day = Day(world, random.Random(seed))
        day.goes_on(200)
    the_dust_settles(world)
    states = Counter(Order.objects.values_list("state", flat=True))
    assert min(states[one] for one in ("closed", "cancelled", "shipped", "completed")) > 0, states
    assert Payment.objects.filter(state="succeeded").count() > 30
    assert Refund.objects.filter(state="succeeded").count() > 10
    assert OrderReprice.objects.exclude(applied_at=None).exists()
    assert OrderLine.objects.exclude(cancelled_at=None).exists()
    assert set(Group.objects.values_list("state", flat=True)) >= {
        "succeeded",
        "failed",
        "abandoned",
    }


def test_a_seat_whose_quota_never_comes_back_is_found(world, monkeypatch):
    """Control: the days find a fault that is put in."""
    monkeypatch.setattr("campaigns.groupbuy.services.seats.quota_give_back", lambda **_: None)
    day = Day(world, random.Random(1))
    day.goes_on(200)
    with pytest.raises(AssertionError, match=r"groupbuy\.quota"):
        day.ends()
