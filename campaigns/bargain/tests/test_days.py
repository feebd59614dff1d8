"""Days full of bargains that dice invent, the same ones every time: whatever happens, it adds up."""

import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.bargain.models import Bargain, Help
from campaigns.bargain.queries import bargain_faults
from campaigns.bargain.services import BargainRefused
from campaigns.bargain.tests.factories import buy, campaign_make, give, launch
from core import clock
from core.deadlines import deadlines_run
from core.partitions import partitions_ensure
from orders.models import Order
from orders.services import CancelRefused, OrderRefused, PriceChanged
from orders.services import order_cancel as cancel
from orders.services import order_close_request as close
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

REFUSALS = (BargainRefused, CancelRefused, OrderRefused, PriceChanged)
ACTS = {
    "launches": 16,
    "helps": 40,
    "buys": 16,
    "pays": 16,
    "closes": 5,
    "cancels": 2,
    "hears": 10,
    "waits": 4,
}


class Day:
    """Two campaigns, ten people, and a clock that jumps."""

    def __init__(self, monkeypatch, seed):
        self.dice, self.late = random.Random(seed), timedelta(0)
        monkeypatch.setattr("core.clock.now", lambda: timezone.now() + self.late)
        self.people = cast.people(10)
        self.campaigns = [
            campaign_make(quota=12, launches_per_person=3, helps_per_day=9),
            campaign_make(helpers=2, newcomer_percent=50, hours=2, hold_hours=1, quota=8),
        ]

    def goes_on(self, number):
        for _ in range(number):
            act = self.dice.choices(list(ACTS), weights=list(ACTS.values()))[0]
            with suppress(*REFUSALS):
                getattr(self, act)()

    def one_of(self, rows):
        found = list(rows.order_by("pk"))
        return self.dice.choice(found) if found else None

    def launches(self):
        launch(self.dice.choice(self.campaigns), self.dice.choice(self.people))

    def helps(self):
        if bargain := self.one_of(Bargain.objects.all()):
            give(bargain, self.dice.choice(self.people))

    def buys(self):
        if bargain := self.one_of(
            Bargain.objects.filter(state__in=["running", "reached", "ordered"])
        ):
            own = [who for who in self.people if who.id == bargain.launcher_id]
            shown = self.dice.choice([None, None, bargain.price_fen + cast.FREIGHT_FEN, 700])
            buy(bargain, own[0], expected_payable_fen=shown)

    def pays(self):
        """Also what was closed: such money comes too late."""
        if order := self.one_of(Order.objects.filter(paid_at=None)):
            cast.pay(order.public_id)

    def closes(self):
        if order := self.one_of(Order.objects.filter(state="awaiting_payment")):
            close(order_id=order.pk, now=clock.now(), by_buyer=True)

    def cancels(self):
        if order := self.one_of(Order.objects.filter(state="to_ship")):
            cancel(order_id=order.pk, reason="断货", now=clock.now())

    def hears(self):
        cast.deliver()
        deadlines_run(now=clock.now())

    def waits(self, hours=None):
        self.late += timedelta(hours=hours or self.dice.choice([0.1, 0.5, 1, 3]))
        partitions_ensure(now=clock.now())
        self.hears()

    def ends(self):
        for _ in range(5):
            self.waits(80)
        # No provider is there to send refunds to: they wait.
        assert [one for one in cast.broken() if not one.startswith("refunds.in_time")] == []
        assert not Bargain.objects.filter(state__in=["running", "reached", "ordered"]).exists()
        for ref in Bargain.objects.values_list("public_id", flat=True):
            assert bargain_faults(ref) == []
        for campaign in self.campaigns:
            campaign.refresh_from_db()
            assert campaign.quota_used == campaign.bargains.filter(state="bought").count()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_in_a_day_of_bargains_everything_adds_up(monkeypatch, seed):
    day = Day(monkeypatch, seed)
    day.goes_on(120)
    day.ends()


def test_the_days_are_busy_ones(monkeypatch):
    """What the days above do happens often enough to mean something."""
    day = Day(monkeypatch, 1)
    day.goes_on(300)
    day.ends()
    states = Counter(Bargain.objects.values_list("state", flat=True))
    assert min(states[one] for one in ("bought", "expired", "returned")) > 0, states
    assert Bargain.objects.exclude(reached_at=None).exists()
    assert Order.objects.filter(offer_kind="bargain", state="closed").exists()
    assert Help.objects.filter(is_newcomer=False).exists()


def test_a_piece_that_never_comes_back_is_found(monkeypatch):
    """Control: the days find a fault that is put in."""
    monkeypatch.setattr("campaigns.bargain.services.decide.quota_give_back", lambda **_: None)
    day = Day(monkeypatch, 1)
    day.goes_on(120)
    with pytest.raises(AssertionError, match=r"bargain\.quota"):
        day.ends()
