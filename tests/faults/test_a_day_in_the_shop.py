"""A day in the shop: any sequence of moves by shoppers, a merchant, WeChat Pay and the clock.

Hypothesis invents the days, the same ones every time, and shortens one that fails to the moves that
matter; everything in them runs on PostgreSQL through the services, with the provider in a
dictionary. Notices get lost or come twice, workers sleep, time jumps. Whatever happened, once time
has passed and the workers have worked the audit finds nothing, and every fen is where the provider
has it. The moves are in `tests/day/`.
"""

from collections import Counter

import pytest
from django.db.models import Count
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from campaigns.bargain.models import Bargain
from campaigns.coupons.models import Coupon
from campaigns.flash.models import FlashPurchase
from campaigns.groupbuy.models import Group
from digital.models import DigitalItem
from orders.models import (
    Invoice,
    Order,
    OrderChange,
    OrderLine,
    OrderReprice,
    RiskReview,
    Shipment,
)
from payments.models import Payment, Refund
from tests.day.merchant import Merchant, Outside
from tests.day.shoppers import Shoppers
from tests.day.world import World

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = settings(
    max_examples=8,
    stateful_step_count=120,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


class Day(Shoppers, Merchant, Outside):
    """Everybody together."""


@pytest.fixture
def world(monkeypatch, settings, tmp_path):
    settings.PRIVATE_ROOT = str(tmp_path)
    found = World()
    monkeypatch.setattr("core.clock.now", found.now)
    monkeypatch.setattr("core.deliveries.nudge", lambda pks, *, first: None)
    for module in ("deadlines", "subscribers"):
        monkeypatch.setattr(f"payments.{module}.enqueue", found.enqueue)
    for module in ("settle", "close", "prepare", "refund"):
        monkeypatch.setattr(f"payments.services.{module}.gateway_for", found.gateway_for)
    return found


def counted(busy: Counter[str]) -> None:
    """What a day has brought about, added to what those before it did."""
    for model, field in (
        (Order, "state"),
        (Order, "delivery"),
        (Order, "offer_kind"),
        (Group, "state"),
        (Bargain, "state"),
        (RiskReview, "outcome"),
        (Invoice, "state"),
        (OrderChange, "kind"),
        (Refund, "reason"),
    ):
        rows = model.objects.values_list(field, flat=True)
        busy.update(f"{model.__name__}.{field} {value}" for value in rows)
    busy["payable 1 fen"] += Order.objects.filter(payable_fen=1, paid_at__isnull=False).count()
    busy["free freight"] += Order.objects.filter(freight_fen=0, delivery="post").count()
    busy["coupon used"] += Coupon.objects.filter(state="used").count()
    busy["coupon codes"] += Coupon.objects.filter(source="code").count()
    keys = DigitalItem.objects.exclude(content_index="")
    busy["keys sold"] += keys.exclude(line=None).count()
    busy["shipped by sheet"] += Shipment.objects.filter(carrier="yto").count()
    busy["flash"] += FlashPurchase.objects.count()
    parcels = Order.objects.annotate(parcels=Count("shipments"))
    busy["several parcels"] += parcels.filter(parcels__gt=1).count()
    busy["checkouts"] += Order.objects.exclude(checkout_ref="").count()
    busy["reprices"] += OrderReprice.objects.exclude(applied_at=None).count()
    busy["lines given up"] += OrderLine.objects.exclude(cancelled_at=None).count()
    busy["paid"] += Payment.objects.filter(state="succeeded").count()
    busy["back"] += Refund.objects.filter(state="succeeded").count()


def missing(busy: Counter[str], *wanted: str) -> list[str]:
    return [one for one in wanted if not busy[one]]


def test_whatever_happens_in_a_day_everything_adds_up(world):
    busy: Counter[str] = Counter()
    run_state_machine_as_test(lambda: Day(world, lambda _day: counted(busy)), settings=DAYS)
    # And enough happened to mean something.
    states = [f"Order.state {one}" for one in ("closed", "cancelled", "shipped", "completed")]
    kinds = [f"Order.offer_kind {one}" for one in ("group", "bargain", "flash")]
    ways = [f"Order.delivery {one}" for one in ("post", "pickup", "digital")]
    assert missing(busy, *states, *kinds, *ways) == []
    assert busy["paid"] > 40, busy
    assert busy["back"] > 10, busy


def test_a_day_on_which_every_move_comes_to_something(world):
    """The moves do what they are named for, when they are made at their time."""
    busy: Counter[str] = Counter()
    day = Day(world, lambda _day: counted(busy))
    day.takes_a_coupon(n=1, which=1)
    day.buys_with_a_coupon_for_a_fen(n=1, use=True, then="pays")
    day.takes_a_coupon(n=2, which=2)  # more than the neighbour's goods cost, without freight
    day.checks_the_cart_out(n=2, twice=True, then="pays")
    day.buys_to_fetch(n=3, then="pays")
    day.buys_what_is_delivered_on_a_screen(n=3, pieces=2, then="pays")
    for n, releases in ((4, True), (5, False)):
        day.buys_though_it_looks_strange(n=n, then="pays")
        day.the_workers_work()
        day.judges_an_order(which=0, releases=releases)
    day.hands_over_what_is_fetched(which=0)
    day.buys_card_keys(n=3, pieces=2, then="pays")
    day.brings_card_keys(number=2)
    day.enters_a_code(n=5, known=True)
    day.takes_goods_off_sale_and_back(which=0)
    day.takes_goods_off_sale_and_back(which=0)
    day.launches_a_bargain(n=0)
    day.helps(n=1, which=0)
    day.buys_at_the_bargains_price(which=0, then="pays")
    day.buys_in_a_flash(n=0, pieces=1, then="pays")
    day.friends_fill_a_group(ladder=True, number=3)
    day.buys_alone(n=0, pieces=2, twice=True, both=True, then="looks")
    day.changes_what_an_order_costs(which=0, payable_fen=500)
    day.the_workers_work()
    for which in range(12):
        day.urges(which=which)
        day.corrects_a_street(which=which)
        day.corrects_an_address(which=which)
        day.asks_for_an_invoice(which=which)
    day.answers_for_an_invoice(which=0, issues=True)
    for number in range(2):
        day.sends_a_parcel_of_several(which=0, line=0, pieces=1, number=number)
    day.gives_up_a_line(which=0, line=1)
    day.ships_by_a_sheet(which=0, one_number=True)
    for which in range(12):
        day.ships(which=which)
    day.ships_by_a_sheet(which=0, one_number=False)
    for which in range(3):
        day.gives_up_a_line(which=which, line=0)
    day.wants_more_time(which=0)
    day.receives(which=0)
    day.time_passes(seconds=26 * 3600, beat=True)
    day.teardown()
    changes = [f"OrderChange.kind {one}" for one in ("address", "urged", "extended")]
    reviews = [f"RiskReview.outcome {one}" for one in ("released", "refused")]
    assert missing(busy, "coupon codes", "keys sold", "shipped by sheet") == []
    others = ("payable 1 fen", "free freight", "checkouts", "several parcels", "flash")
    refunds = [f"Refund.reason {one}" for one in ("agreed", "group_tier")]
    states = ("Order.state completed", "Order.state cancelled", "Invoice.state issued")
    assert missing(busy, *changes, *reviews, *refunds, *others, *states) == []


def test_a_seat_whose_quota_never_comes_back_is_found(world, monkeypatch):
    """Control: the days find a fault that is put in."""
    monkeypatch.setattr("campaigns.groupbuy.services.seats.quota_give_back", lambda **_: None)
    found_once = settings(DAYS, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError, match=r"groupbuy\.quota"):
        run_state_machine_as_test(lambda: Day(world, lambda _day: None), settings=found_once)
