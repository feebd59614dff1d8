"""What the merchant, the platform, WeChat Pay and the clock do."""

from dataclasses import replace

from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.stateful import rule

from campaigns.groupbuy.models import Group
from campaigns.groupbuy.services import group_cancel
from catalog.services import (
    product_publish,
    product_withdraw,
    sku_price_change,
    stock_correct,
)
from core import clock
from core.deadlines import deadlines_run
from digital.models import DigitalItem
from digital.services import key_void, keys_import
from orders.amounts import line_paid_fen
from orders.models import Invoice, Order, RiskReview
from orders.services import (
    bulk_ship,
    invoice_decline,
    invoice_issue,
    order_address_change,
    order_cancel,
    order_collect,
    order_line_cancel,
    order_line_refund,
    order_note_add,
    order_price_ask,
    order_ship,
    review_refuse,
    review_release,
)
from orders.sheets import SheetRow
from payments.gateway.base import RefundStatus
from payments.models import Refund
from payments.services import refund_retry
from stores.models import Store
from tests.day.stage import WHICH, Stage


class Merchant(Stage):
    """Prices, parcels, refunds, judgements."""

    @rule(which=WHICH, payable_fen=st.sampled_from([1, 1, 500, 6_000, 30_000]))
    def changes_what_an_order_costs(self, which: int, payable_fen: int) -> None:
        order = self.order(which, "awaiting_payment")
        if order is not None:
            self.tries(
                order_price_ask,
                order_id=order.pk,
                payable_fen=payable_fen,
                by_id=None,
                now=clock.now(),
            )

    @rule(which=WHICH, line=st.integers(0, 2))
    def gives_up_a_line(self, which: int, line: int) -> None:
        """One that waits is cancelled; of one that was sent a quarter or more of what it cost goes back."""
        order = self.order(which, "to_ship", "shipped", "on_hold", "completed")
        if order is None:
            return
        chosen = self.one_of(order.lines.order_by("pk"), line)
        act = {"order_id": order.pk, "line_id": chosen.pk, "by_id": None, "now": clock.now()}
        if chosen.left or chosen.cancelled_at:
            self.tries(order_line_cancel, **act, reason="断货")
        else:
            amount_fen = line_paid_fen(chosen) * (which % 4 + 1) // 4
            back = {"amount_fen": amount_fen, "seen_fen": chosen.rebate_fen}
            self.tries(order_line_refund, **act, **back, reason="压坏了几颗")

    @rule(which=WHICH, line=st.integers(0, 2), pieces=st.integers(1, 2), number=st.integers(0, 3))
    def sends_a_parcel_of_several(self, which: int, line: int, pieces: int, number: int) -> None:
        several = Order.objects.filter(state="to_ship", delivery="post")
        several = several.annotate(pieces=Sum("lines__quantity")).filter(pieces__gt=1)
        order = self.one_of(several.order_by("pk"), which)
        if order is not None:
            packed = {self.one_of(order.lines.order_by("pk"), line).pk: pieces}
            self.ships_it(order, f"ZT{order.pk:08d}{number}", packed)

    @rule(which=WHICH)
    def ships(self, which: int) -> None:
        order = self.order(which)
        if order is not None:
            self.ships_it(order, f"SF{order.pk:010d}", None)

    def ships_it(self, order: Order, number: str, packed: dict[int, int] | None) -> None:
        self.tries(
            order_ship,
            order_id=order.pk,
            carrier="sf",
            tracking_no=number,
            by_id=None,
            now=clock.now(),
            quantities=packed,
        )

    @rule(which=WHICH, one_number=st.booleans())
    def ships_by_a_sheet(self, which: int, one_number: bool) -> None:
        """Whatever waits, with a number of its own for each row or one filled down."""
        waiting = Order.objects.filter(store=self.store, state="to_ship", delivery="post")
        numbers = {
            order.public_id: f"YT{which if one_number else order.pk:08d}"
            for order in waiting.order_by("pk")
        }
        rows = [SheetRow(n, ref, "yto", number) for n, (ref, number) in enumerate(numbers.items())]
        sheet = {"rows": rows, "by_id": self.staff_id, "now": clock.now()}
        self.tries(bulk_ship, store_id=self.store.pk, **sheet)

    @rule(which=WHICH)
    def corrects_an_address(self, which: int) -> None:
        order = self.order(which, "on_hold", "to_ship")
        if order is not None:
            who = next(one for one in self.people if one.id == order.buyer_id)
            there = replace(who.address, recipient="李收货", street=f"人民路 {which} 号")
            change = {"order_id": order.pk, "address": there, "by_id": self.staff_id}
            self.tries(order_address_change, **change, now=clock.now())

    @rule(which=st.integers(0, 2))
    def takes_goods_off_sale_and_back(self, which: int) -> None:
        """What is off sale comes back, so that a day goes on."""
        product_id = (self.sku, self.other, self.cheap)[which].product_id
        if not product_withdraw(product_id=product_id, now=clock.now()):
            product_publish(product_id=product_id, now=clock.now())

    @rule(number=st.integers(0, 9))
    def brings_card_keys(self, number: int) -> None:
        """Some of them known already."""
        keys = {"store_id": self.store.pk, "sku_id": self.keys.pk, "by_id": self.staff_id}
        lines = [f"KEY-{number}", f"KEY-{number + 1}"]
        self.tries(keys_import, lines=lines, now=clock.now(), **keys)

    @rule(which=WHICH)
    def gives_a_card_key_up(self, which: int) -> None:
        item = self.one_of(DigitalItem.objects.order_by("pk"), which)
        if item is not None:
            self.tries(key_void, item_id=item.pk, by_id=self.staff_id, now=clock.now())

    @rule(which=WHICH)
    def hands_over_what_is_fetched(self, which: int) -> None:
        fetched = Order.objects.filter(delivery="pickup").order_by("pk")
        order = self.one_of(fetched, which)
        if order is not None:
            self.tries(order_collect, order_id=order.pk, by_id=None, now=clock.now())

    @rule(which=WHICH)
    def cancels_an_order(self, which: int) -> None:
        order = self.order(which, "to_ship", "on_hold")
        if order is not None:
            self.tries(order_cancel, order_id=order.pk, reason="断货", now=clock.now())

    @rule(which=WHICH)
    def cancels_a_group(self, which: int) -> None:
        group = self.one_of(Group.objects.order_by("pk"), which)
        if group is not None:
            self.tries(group_cancel, group_id=group.pk, reason="断货", now=clock.now())

    @rule(
        on_hand=st.sampled_from([0, 6, 12, 20]), price_fen=st.sampled_from([1, 880, 5_900, 9_000])
    )
    def counts_stock_and_changes_a_price(self, on_hand: int, price_fen: int) -> None:
        counted = {"on_hand": on_hand, "reason": "盘点", "by_id": None, "now": clock.now()}
        self.tries(stock_correct, sku_id=self.sku.pk, **counted)
        sku_price_change(sku_id=self.sku.pk, price_fen=price_fen, by_id=None, now=clock.now())

    @rule(freight_fen=st.sampled_from([0, 600]))
    def changes_the_freight(self, freight_fen: int) -> None:
        Store.objects.filter(pk=self.store.pk).update(freight_fen=freight_fen)

    @rule(which=WHICH, issues=st.booleans())
    def answers_for_an_invoice(self, which: int, issues: bool) -> None:
        invoice = self.one_of(Invoice.objects.filter(state="requested").order_by("pk"), which)
        if invoice is None:
            return
        answer = {"invoice_id": invoice.pk, "by_id": None, "now": clock.now()}
        if issues:
            self.tries(invoice_issue, data=b"%PDF-1.7 %%EOF", **answer)
        else:
            self.tries(invoice_decline, reason="抬头不对", **answer)

    @rule(which=WHICH)
    def writes_a_note(self, which: int) -> None:
        order = self.order(which)
        if order is not None:
            self.tries(order_note_add, order_id=order.pk, text="备注", by_id=None, now=clock.now())

    @rule(which=WHICH, releases=st.booleans())
    def judges_an_order(self, which: int, releases: bool) -> None:
        waiting = RiskReview.objects.filter(outcome="").order_by("-order__paid_at")
        review = self.one_of(waiting, which)
        if review is not None:
            judge = review_release if releases else review_refuse
            self.tries(judge, review_id=review.pk, by_id=self.staff_id, note="", now=clock.now())


class Outside(Stage):
    """The platform, WeChat Pay, workers, time."""

    @rule(which=WHICH, status=st.sampled_from(["succeeded", "succeeded", "abnormal"]))
    def finishes_a_refund(self, which: int, status: str) -> None:
        numbers = sorted(
            number
            for number, one in self.world.provider.refunds.items()
            if one.status == RefundStatus.PROCESSING
        )
        number = self.one_of(numbers, which)
        if number is not None:
            self.world.provider.refund_becomes(number, RefundStatus(status))

    @rule(which=WHICH)
    def tries_a_stuck_refund_again(self, which: int) -> None:
        refund = self.one_of(Refund.objects.filter(state="stuck").order_by("pk"), which)
        if refund is not None:
            self.tries(refund_retry, refund_id=refund.pk, by_id=1, now=clock.now())

    @rule(verb=st.sampled_from(["prepare", "query", "close", "refund", "query_refund"]))
    def the_provider_fails_next(self, verb: str) -> None:
        self.world.provider.fail(verb, "SYSTEM_ERROR")

    @rule()
    def the_workers_work(self) -> None:
        self.world.workers_work()

    @rule(seconds=st.sampled_from([20, 20, 300, 300, 16 * 60, 26 * 3600]), beat=st.booleans())
    def time_passes(self, seconds: int, beat: bool) -> None:
        self.world.time_passes(seconds)
        if beat:
            deadlines_run(now=clock.now())
            self.world.workers_work()
