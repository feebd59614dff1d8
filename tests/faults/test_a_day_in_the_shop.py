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
from campaigns.groupbuy.models import Group, Member
from orders.models import (
    Invoice,
    Order,
    OrderChange,
    OrderLine,
    OrderReprice,
    RiskReview,
)
from payments.models import Payment, Refund
from tests.day.merchant import Merchant, Outside
from tests.day.shoppers import Shoppers
from tests.day.world import World

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = settings(
    max_examples=10,
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
    monkeypatch.setattr("core.deliveries.nudge", lambda pks: None)
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
    busy["flash"] += FlashPurchase.objects.count()
    busy["rebates"] += Member.objects.filter(order__lines__rebate_fen__gt=0).count()
    parcels = Order.objects.annotate(parcels=Count("shipments"))
    busy["several parcels"] += parcels.filter(parcels__gt=1).count()
    busy["checkouts"] += Order.objects.exclude(checkout_ref="").count()
    busy["reprices"] += OrderReprice.objects.exclude(applied_at=None).count()
    busy["lines given up"] += OrderLine.objects.exclude(cancelled_at=None).count()
    busy["paid"] += Payment.objects.filter(state="succeeded").count()
    busy["back"] += Refund.objects.filter(state="succeeded").count()


WANTED = (
    *(f"Order.state {one}" for one in ("closed", "cancelled", "shipped", "completed")),
    *(f"Order.delivery {one}" for one in ("post", "pickup", "digital")),
    *(f"Order.offer_kind {one}" for one in ("group", "bargain", "flash")),
    *(f"Group.state {one}" for one in ("succeeded", "failed", "abandoned")),
    *(f"RiskReview.outcome {one}" for one in ("released", "refused", "timed_out", "ended")),
    *(f"Invoice.state {one}" for one in ("issued", "declined")),
    *(f"OrderChange.kind {one}" for one in ("address", "line_cancelled", "urged", "extended")),
    *(f"Refund.reason {one}" for one in ("late", "cancelled", "group_failed", "line_cancelled")),
    *("payable 1 fen", "free freight", "coupon used", "flash", "rebates", "checkouts"),
    *("several parcels", "reprices", "lines given up"),
)


def test_whatever_happens_in_a_day_everything_adds_up(world):
    busy: Counter[str] = Counter()
    run_state_machine_as_test(lambda: Day(world, lambda _day: counted(busy)), settings=DAYS)
    # And enough happened to mean something.
    assert [one for one in WANTED if not busy[one]] == []
    assert busy["paid"] > 60, busy
    assert busy["back"] > 20, busy


def test_a_seat_whose_quota_never_comes_back_is_found(world, monkeypatch):
    """Control: the days find a fault that is put in."""
    monkeypatch.setattr("campaigns.groupbuy.services.seats.quota_give_back", lambda **_: None)
    found_once = settings(DAYS, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError, match=r"groupbuy\.quota"):
        run_state_machine_as_test(lambda: Day(world, lambda _day: None), settings=found_once)
