"""The stage of a day: two stores, what they sell and promise, six people; and how a move is made."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from campaigns.bargain.services.refusals import BargainRefused
from campaigns.bargain.tests.factories import campaign_make as bargain_campaign_make
from campaigns.coupons.services import TakeRefused
from campaigns.coupons.tests.factories import template_make
from campaigns.flash.services.refusals import FlashRefused
from campaigns.flash.tests.factories import offer_make, slot_move
from campaigns.groupbuy.models import GroupTier
from campaigns.groupbuy.services import CancelRefused as GroupCancelRefused
from campaigns.groupbuy.services import JoinRefused, campaign_publish
from campaigns.reductions.tests.factories import reduction_make
from catalog.models import Fulfilment
from catalog.services import OutOfStock, StockRefused
from core import clock
from core.invariants import audit, invariants
from digital.services import KeysRefused
from digital.tests.factories import keys_sku
from freight.tests.factories import GUANGDONG, TIBET, XINJIANG, freight_make
from orders.destinations import fetched_at, on_screen
from orders.models import Order
from orders.services import (
    AddressRefused,
    AmountRefused,
    CancelRefused,
    CollectRefused,
    InvoiceRefused,
    OrderRefused,
    PriceChanged,
    QuantityRefused,
    RefundRefused,
    RepriceRefused,
    ShipRefused,
    WishRefused,
)
from payments.gateway.base import TradeState
from payments.models import Payment
from payments.services import GatewayTrouble, PaymentGone, payment_poll, payment_prepare
from payments.states import LIVE_PAYMENT
from stores.queries import pickup_places
from stores.tests.factories import pickup_make
from tests import cast
from tests.day.world import World

# What a person may be told; anything else that is raised is a fault.
REFUSALS = (
    AddressRefused,
    AmountRefused,
    BargainRefused,
    CancelRefused,
    CollectRefused,
    FlashRefused,
    GatewayTrouble,
    GroupCancelRefused,
    InvoiceRefused,
    JoinRefused,
    KeysRefused,
    OrderRefused,
    OutOfStock,
    PaymentGone,
    PriceChanged,
    QuantityRefused,
    RefundRefused,
    RepriceRefused,
    ShipRefused,
    StockRefused,
    TakeRefused,
    WishRefused,
)
WHO = st.integers(0, 5)
WHICH = st.integers(0, 39)
# What somebody does about an order just placed, and how often the shop hears of the money.
THEN = st.sampled_from(["leaves", "looks", "pays", "pays", "pays", "pays unheard"])
FAR = {
    GUANGDONG: "广东省 深圳市 南山区",
    XINJIANG: "新疆维吾尔自治区 乌鲁木齐市 天山区",
    TIBET: "西藏自治区 拉萨市 城关区",
}


class Stage(RuleBasedStateMachine):
    """A day of its own. `world` is shared, and empty when a day begins."""

    def __init__(self, world: World, seen: Callable[["Stage"], None]) -> None:
        super().__init__()
        world.begin()
        self.world, self.seen, self.failed = world, seen, False
        self.campaign, self.sku = cast.campaign_make(size=2, on_hand=12, quota=12)
        self.store = self.sku.store
        self.other = cast.sku_on_sale(self.store, on_hand=4)
        self.other.product.freight_template = freight_make(self.store, free_over_count=3)
        self.other.product.save()
        self.cheap = cast.sku_on_sale(self.store, on_hand=9)
        self.ladder, self.ladder_sku = self._ladder()
        self.neighbour = cast.sku_on_sale(cast.store_open("陶坊", freight_fen=0), on_hand=5)
        self.text = cast.sku_on_sale(self.store, on_hand=6)
        self.text.product.fulfilment = Fulfilment.CONTENT
        self.text.product.save()
        self.text.content = "提取码 8888"
        self.text.save(update_fields=["content"])
        self.keys = keys_sku("KEY-0", "KEY-1", "KEY-2", store=self.store)
        self.bargains = bargain_campaign_make(store=self.store, on_hand=6, quota=5, helpers=3)
        self.flash = offer_make(store=self.store, on_hand=6, quota=4)
        slot_move(self.flash, clock.now() - timedelta(minutes=1), clock.now() + timedelta(hours=30))
        # One reduction takes the coupon's place for large orders; the large coupon leaves one fen.
        reduction_make(self.store, (15_000, 1_500))
        self.coupons = [
            template_make(self.store),
            template_make(self.store, name="全免券", off_fen=90_000, minimum_fen=0, total=4),
            template_make(
                self.neighbour.store, name="邻店券", off_fen=90_000, minimum_fen=0, total=4
            ),
        ]
        self.code = template_make(self.store, name="口令券", how="code", total=4).code
        place = pickup_make(self.store)
        self.place = pickup_places({place.store_id})[place.store_id][0]
        self.people = cast.people(6)
        self.staff_id = cast.person("王店主").id

    def _ladder(self) -> Any:
        campaign, sku = cast.campaign_make(
            store=self.store, size=4, on_hand=9, publish=False, ending="ladder", least=2
        )
        for people, off_fen in ((3, 300), (4, 800)):
            GroupTier.objects.create(
                store=self.store, campaign=campaign, people=people, off_fen=off_fen
            )
        campaign_publish(campaign_id=campaign.pk, now=clock.now())
        return campaign, sku

    def teardown(self) -> None:
        """Everything settles, and adds up, here and at the provider. A move that failed has said so."""
        if self.failed:
            return
        self.world.the_dust_settles()
        found = audit(
            now=clock.now(), names=[i.name for i in invariants() if i.name != "books.agree"]
        )
        broken = [f"{one.invariant}: {one.row}: {one.detail}" for one in found]
        assert not broken, broken
        self.world.assert_money_is_where_the_provider_has_it()
        self.seen(self)

    def tries(self, act: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What it returns, None where a person is told why not."""
        try:
            return act(*args, **kwargs)
        except REFUSALS:
            return None
        except BaseException:
            self.failed = True
            raise

    # --- what moves look for ---
    def one_of(self, rows: Any, n: int) -> Any:
        found = list(rows)
        return found[n % len(found)] if found else None

    def order(self, n: int, *states: str) -> Order | None:
        rows = Order.objects.order_by("pk")
        return self.one_of(rows.filter(state__in=states) if states else rows, n)

    def to_fetch(self, who: cast.Person) -> Any:
        return fetched_at(self.place, recipient=who.address.recipient, phone=who.address.phone)

    def to_screen(self) -> Any:
        return on_screen()

    def far_away(self, who: cast.Person, province: str) -> Any:
        return replace(who.address, province_code=province, region=FAR[province])

    # --- money ---
    def looks(self, payment: Payment, channel: str) -> None:
        self.tries(
            payment_prepare,
            payment_public_id=payment.public_id,
            payer_id=payment.payer_id,
            amount_fen=payment.amount_fen,
            channel=channel,
            openid="o_somebody" if channel == "jsapi" else "",
            now=clock.now(),
        )

    def pays(self, payment: Payment, *, heard: int) -> None:
        """The payer pays what WeChat Pay still waits for; the shop hears of it so many times."""
        trade = self.world.provider.trades.get(payment.out_trade_no)
        if trade is None or trade.state != TradeState.UNPAID:
            return
        self.world.provider.pay(payment.out_trade_no)
        for _ in range(heard):
            self.tries(payment_poll, payment_id=payment.pk, now=clock.now())

    def then(self, order_ref: str | None, then: str) -> None:
        live = Payment.objects.filter(order_ref=order_ref or "", state__in=LIVE_PAYMENT).first()
        if then == "leaves" or live is None:
            return
        self.looks(live, "native")
        if then != "looks":
            self.pays(live, heard=0 if then == "pays unheard" else 1)
