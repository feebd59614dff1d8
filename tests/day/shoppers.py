"""What shoppers do."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from campaigns.bargain.models import Bargain
from campaigns.bargain.tests import factories as bargain
from campaigns.coupons.services import coupon_redeem
from campaigns.coupons.tests import factories as coupons
from campaigns.flash.tests import factories as flash
from campaigns.groupbuy.models import Group
from catalog.queries import skus_for_sale
from core import clock
from core.idempotency import form_key_new
from core.ids import public_id
from orders.models import CartLine
from orders.services import (
    OrderItem,
    invoice_request,
    order_address_change,
    order_buy,
    order_close_request,
    order_receive,
    order_receive_extend,
    order_urge,
)
from orders.services.cart import Owner, cart_add, cart_buy
from payments.models import Payment
from payments.states import LIVE_PAYMENT
from risk.reports import REFUSED
from risk.services import risk_report
from tests import cast
from tests.day.stage import FAR, THEN, WHICH, WHO, Stage

PIECES = st.sampled_from([1, 1, 1, 2, 4])


class Shoppers(Stage):
    """Buying, paying, giving up, receiving, and what may be asked for in between."""

    def buys(self, n: int, items: list[OrderItem], **changes: Any) -> str | None:
        who = self.people[n]
        return self.tries(
            order_buy,
            **{
                "form_key": form_key_new(),
                "buyer_id": who.id,
                "store_id": self.store.pk,
                "items": items,
                "address": who.address,
                "note": "",
                "expected_payable_fen": None,
                "now": clock.now(),
                **changes,
            },
        )

    @rule(n=WHO, pieces=PIECES, twice=st.booleans(), both=st.booleans(), then=THEN)
    def buys_alone(self, n: int, pieces: int, twice: bool, both: bool, then: str) -> None:
        items = [OrderItem(self.sku.pk, pieces)]
        if both:
            items.append(OrderItem(self.other.pk, 1))
        key = form_key_new()
        for _ in range(2 if twice else 1):
            ref = self.buys(n, items, form_key=key)
        self.then(ref, then)

    @rule(n=WHO, use=st.booleans(), then=THEN)
    def buys_with_a_coupon_for_a_fen(self, n: int, use: bool, then: str) -> None:
        """The best coupon of the wallet is taken unless one says no; freight is free with three."""
        items = [OrderItem(self.other.pk, 2), OrderItem(self.cheap.pk, 1)]
        self.then(self.buys(n, items, wishes={} if use else {"coupon": "none"}), then)

    @rule(n=WHO, then=THEN)
    def buys_to_fetch(self, n: int, then: str) -> None:
        where = self.to_fetch(self.people[n])
        self.then(self.buys(n, [OrderItem(self.cheap.pk, 1)], address=where), then)

    @rule(n=WHO, pieces=PIECES, then=THEN)
    def buys_what_is_delivered_on_a_screen(self, n: int, pieces: int, then: str) -> None:
        items = [OrderItem(self.text.pk, pieces)]
        self.then(self.buys(n, items, address=self.to_screen()), then)

    @rule(n=WHO, pieces=PIECES, then=THEN)
    def buys_card_keys(self, n: int, pieces: int, then: str) -> None:
        items = [OrderItem(self.keys.pk, pieces)]
        self.then(self.buys(n, items, address=self.to_screen()), then)

    @rule(n=WHO, wanted=st.sets(st.integers(0, 2), min_size=1), pieces=PIECES)
    def puts_into_the_cart(self, n: int, wanted: set[int], pieces: int) -> None:
        skus = [self.cheap, self.neighbour, self.other]
        found = skus_for_sale([skus[one].pk for one in sorted(wanted)], now=clock.now())
        for sku in found.values():
            add = {"sku": sku, "quantity": pieces, "form_key": form_key_new()}
            cart_add(owner=Owner(self.people[n].id), now=clock.now(), **add)

    @rule(n=WHO, twice=st.booleans(), then=THEN)
    def checks_the_cart_out(self, n: int, twice: bool, then: str) -> None:
        """An order for each store; sent again, it is finished."""
        who, key, ref = self.people[n], form_key_new(), public_id("chk")
        if not CartLine.objects.filter(user_id=who.id).exists():
            self.puts_into_the_cart(n=n, wanted={0, 1}, pieces=1)
        chosen: dict[int, dict[int, int]] = {}
        for line in CartLine.objects.filter(user_id=who.id).order_by("pk"):
            chosen.setdefault(line.store_id, {})[line.sku_id] = line.quantity
        for store_id, quantities in [*chosen.items()] * (2 if twice else 1):
            order_ref = self.tries(
                cart_buy,
                form_key=key,
                user_id=who.id,
                store_id=store_id,
                quantities=quantities,
                address=who.address,
                note="",
                expected_payable_fen=None,
                checkout_ref=ref,
                now=clock.now(),
            )
            self.then(order_ref, then)

    @rule(n=WHO, ladder=st.booleans(), then=THEN)
    def leads_a_group(self, n: int, ladder: bool, then: str) -> None:
        campaign, sku = (self.ladder, self.ladder_sku) if ladder else (self.campaign, self.sku)
        joined = self.tries(cast.lead, campaign, sku, self.people[n])
        self.then(joined and joined.order_public_id, then)

    @rule(n=WHO, which=WHICH, then=THEN)
    def joins_a_group(self, n: int, which: int, then: str) -> None:
        group = self.one_of(Group.objects.order_by("pk"), which)
        if group is not None:
            sku = self.sku if group.campaign_id == self.campaign.pk else self.ladder_sku
            joined = self.tries(cast.join, group.public_id, sku, self.people[n])
            self.then(joined and joined.order_public_id, then)

    @rule(ladder=st.booleans(), number=st.integers(2, 4))
    def friends_fill_a_group(self, ladder: bool, number: int) -> None:
        """One leads and the others join, one after another, and all of them pay."""
        self.leads_a_group(n=0, ladder=ladder, then="pays")
        self.world.workers_work()
        newest = Group.objects.count() - 1
        for n in range(1, number):
            self.joins_a_group(n=n, which=newest, then="pays")
        self.world.workers_work()

    @rule(n=WHO)
    def launches_a_bargain(self, n: int) -> None:
        self.tries(bargain.launch, self.bargains, self.people[n])

    @rule(n=WHO, which=WHICH)
    def helps(self, n: int, which: int) -> None:
        found = self.one_of(Bargain.objects.order_by("pk"), which)
        if found is not None:
            self.tries(bargain.give, found, self.people[n])

    @rule(which=WHICH, then=THEN)
    def buys_at_the_bargains_price(self, which: int, then: str) -> None:
        found = self.one_of(Bargain.objects.order_by("pk"), which)
        if found is not None:
            who = next(one for one in self.people if one.id == found.launcher_id)
            self.then(self.tries(bargain.buy, found, who), then)

    @rule(n=WHO, pieces=st.integers(1, 3), then=THEN)
    def buys_in_a_flash(self, n: int, pieces: int, then: str) -> None:
        self.then(self.tries(flash.buy, self.flash, self.people[n], quantity=pieces), then)

    @rule(n=WHO, which=WHICH)
    def takes_a_coupon(self, n: int, which: int) -> None:
        self.tries(coupons.take, self.one_of(self.coupons, which), self.people[n])

    @rule(n=WHO, known=st.booleans())
    def enters_a_code(self, n: int, known: bool) -> None:
        told = {
            "code": f" {self.code.upper()}" if known else "NOCODE",
            "user_id": self.people[n].id,
        }
        self.tries(coupon_redeem, **told, form_key=form_key_new(), now=clock.now())

    @rule(which=WHICH, channel=st.sampled_from(["native", "jsapi"]))
    def comes_back_to_the_cashier(self, which: int, channel: str) -> None:
        live = Payment.objects.filter(state__in=LIVE_PAYMENT).order_by("pk")
        payment = self.one_of(live, which)
        if payment is not None:
            self.looks(payment, channel)

    @rule(which=WHICH, heard=st.sampled_from([0, 1, 1, 2]))
    def pays_at_last(self, which: int, heard: int) -> None:
        """Whatever WeChat Pay still waits for, an attempt that the shop has given up among it."""
        payment = self.one_of(Payment.objects.exclude(state="succeeded").order_by("pk"), which)
        if payment is not None:
            self.pays(payment, heard=heard)

    @rule(which=WHICH, by_buyer=st.booleans())
    def gives_up(self, which: int, by_buyer: bool) -> None:
        order = self.order(which, "awaiting_payment")
        if order is not None:
            self.tries(order_close_request, order_id=order.pk, now=clock.now(), by_buyer=by_buyer)

    @rule(which=WHICH)
    def receives(self, which: int) -> None:
        order = self.order(which, "shipped", "completed", "to_ship")
        if order is not None:
            self.tries(order_receive, order_id=order.pk, now=clock.now())

    @rule(which=WHICH)
    def wants_more_time(self, which: int) -> None:
        order = self.order(which, "shipped")
        if order is not None:
            wish = {"order_id": order.pk, "by_id": order.buyer_id, "now": clock.now()}
            self.tries(order_receive_extend, **wish)

    @rule(which=WHICH)
    def urges(self, which: int) -> None:
        order = self.order(which, "to_ship")
        if order is not None:
            self.tries(order_urge, order_id=order.pk, by_id=order.buyer_id, now=clock.now())

    @rule(which=WHICH, province=st.sampled_from(sorted(FAR)))
    def moves_house(self, which: int, province: str) -> None:
        order = self.order(which, "on_hold", "to_ship", "shipped")
        if order is not None:
            who = next(one for one in self.people if one.id == order.buyer_id)
            there = self.far_away(who, province)
            change = {"order_id": order.pk, "address": there, "by_id": who.id, "now": clock.now()}
            self.tries(order_address_change, **change)

    @rule(which=WHICH)
    def corrects_a_street(self, which: int) -> None:
        order = self.order(which, "on_hold", "to_ship")
        if order is not None:
            who = next(one for one in self.people if one.id == order.buyer_id)
            there = replace(who.address, street=f"解放路 {which} 号")
            change = {"order_id": order.pk, "address": there, "by_id": who.id, "now": clock.now()}
            self.tries(order_address_change, **change)

    @rule(n=WHO, then=THEN)
    def buys_though_it_looks_strange(self, n: int, then: str) -> None:
        """Refused twice of late: a person looks at the next order first."""
        about = {"user_id": self.people[n].id, "store_id": self.store.pk}
        for number in range(2):
            risk_report(REFUSED, reference=f"before {number}", now=clock.now(), **about)
        self.then(self.buys(n, [OrderItem(self.cheap.pk, 1)]), then)

    @rule(which=WHICH)
    def asks_for_an_invoice(self, which: int) -> None:
        order = self.order(which, "to_ship", "shipped", "completed", "cancelled")
        if order is not None:
            particulars = {"kind": "person", "title": "张三", "tax_no": "", "email": "a@b.cn"}
            self.tries(invoice_request, order_id=order.pk, now=clock.now(), **particulars)
