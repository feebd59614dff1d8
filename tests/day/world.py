"""What is outside of the shop: the time, WeChat Pay, and a queue whose workers may sleep."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.color import no_style
from django.db import connection
from django.utils import timezone

from core import clock
from core.deadlines import deadlines_run
from core.partitions import partitions_ensure
from orders.models import Order
from payments.gateway.base import GatewayError, RefundStatus, TradeState
from payments.models import Payment, Refund
from payments.services import GatewayTrouble, refund_retry
from payments.tests.fake import FakeGateway
from tests import cast

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = ("on_hold", "to_ship", "shipped", "completed")


class World:
    """One world for all days; each of them begins with `begin`, on empty tables."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        self.late = timedelta(0)
        self.queue: list[Callable[[], Any]] = []
        self.provider = FakeGateway(None)

    def begin(self) -> None:
        """Yesterday is over: a fault of it is not found again today."""
        tables = connection.introspection.django_table_names(only_existing=True)
        # Numbers go on, because what is cached is cached by number.
        wipe = connection.ops.sql_flush(no_style(), tables, reset_sequences=False)
        connection.ops.execute_sql_flush(wipe)
        self.begin_anew()

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

    def everybody_works_after(self, seconds: float) -> None:
        self.time_passes(seconds)
        for _ in range(3):
            for number, refund in list(self.provider.refunds.items()):
                if refund.status == RefundStatus.PROCESSING:
                    self.provider.refund_becomes(number, RefundStatus.SUCCEEDED)
            deadlines_run(now=clock.now())
            self.workers_work()

    def the_dust_settles(self) -> None:
        """Time passes and everybody works until nothing is left to do."""
        self.provider.failures.clear()
        for seconds in (1, 5, 20, 60, 120, 300, 900, 1800, 3600, 26 * 3600, 60, 60, 4 * 86400):
            self.everybody_works_after(seconds)
        for stuck in Refund.objects.filter(state="stuck"):
            # A person in the office settles it with the payer's bank and asks again.
            if stuck.out_refund_no in self.provider.refunds:
                self.provider.refund_becomes(stuck.out_refund_no, RefundStatus.SUCCEEDED)
            with suppress(GatewayError, GatewayTrouble):
                refund_retry(refund_id=stuck.pk, by_id=1, now=clock.now())
        for _ in range(3):
            self.everybody_works_after(3600)

    def assert_money_is_where_the_provider_has_it(self) -> None:
        """Fen for fen: what was paid is with a living order, or went back, at the provider, too."""
        for payment in Payment.objects.all():
            trade = self.provider.trades.get(payment.out_trade_no)
            was_paid = trade is not None and trade.state == TradeState.PAID
            assert was_paid is (payment.state == "succeeded"), payment
            if not was_paid:
                continue
            back = sum(
                one.refund_fen
                for one in self.provider.refunds.values()
                if one.out_trade_no == payment.out_trade_no and one.status == RefundStatus.SUCCEEDED
            )
            refunds = Refund.objects.filter(payment=payment, state="succeeded")
            assert back == sum(refunds.values_list("amount_fen", flat=True)), payment
            kept = Order.objects.filter(payment=payment, state__in=KEPT).first()
            if kept is None:
                assert back == payment.amount_fen, payment
            else:
                assert payment.amount_fen - back == worth(kept), payment


def worth(order: Order) -> int:
    """What an order that lives has to keep, in fen: what it cost, without what was given up of it."""
    off = 0
    for line in order.lines.all():
        off += line.rebate_fen
        if line.cancelled_at is not None:
            off += line.amount_fen - line.discount_fen + line.adjust_fen - line.rebate_fen
    return order.payable_fen - off
