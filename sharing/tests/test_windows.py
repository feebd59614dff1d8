"""The window that a store chooses: which orders it judges, and what it leaves alone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core import clock
from core.invariants import audit
from orders.models import Order
from orders.tests.factories import buy, deliver, pay, person, sku_on_sale, store_open
from sharing.arrivals import arrival_record
from sharing.explained import explanations
from sharing.models import WINDOW_DAYS, Attribution, AttributionWindow, StaleTouch, Visit
from sharing.replay import replay
from sharing.services import MEMORY, visit_record
from sharing.sources import sources
from sharing.tests.factories import link_make, visit_make
from sharing.windows import WindowRefused, rule_days, rule_of, window_choose, windows_of
from tests import cast

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def store():
    return store_open()


@pytest.fixture
def sku(store):
    return sku_on_sale(store)


def choose(store, days, *, ago=timedelta(0)):
    return window_choose(store_id=store.pk, days=days, now=clock.now() - ago)


def bought(sku, *, touched, placed=timedelta(0)):
    """A paid order, placed so long ago, by somebody who had opened a share so long before it."""
    who, at = person(), clock.now() - placed
    visit_make(link_make(store=sku.store), who.user, at=at - touched)
    ref = buy(who, sku)
    Order.objects.filter(public_id=ref).update(placed_at=at)
    pay(ref)
    deliver()
    return cast.order_of(ref)


def rule_for(order):
    row = Attribution.objects.filter(order=order).first()
    return row.rule if row else None


def test_a_store_that_chose_nothing_has_seven_days(store, sku):
    assert windows_of(store.pk).days_at(clock.now()) == 7
    assert rule_for(bought(sku, touched=6 * DAY)) == "v1:last-touch:7d"
    assert rule_for(bought(sku, touched=8 * DAY)) is None


@pytest.mark.parametrize("days", WINDOW_DAYS)
def test_the_chosen_window_decides_and_is_written_down(store, sku, days):
    choose(store, days, ago=DAY)
    inside = bought(sku, touched=days * DAY - timedelta(minutes=5))
    outside = bought(sku, touched=days * DAY + timedelta(minutes=5))
    assert rule_for(inside) == f"v1:last-touch:{days}d"
    assert rule_for(outside) is None
    assert StaleTouch.objects.filter(order=outside).exists() == (days * DAY < MEMORY)
    verdict = explanations([inside.pk])[inside.pk].verdict
    assert f"前 {days} 天里" in verdict and f"规则 v1:last-touch:{days}d" in verdict
    assert list(audit(now=clock.now(), names=["sharing.chains"])) == []


@pytest.mark.parametrize("days", [0, -7, 2, 8, 31, 365])
def test_no_other_number_is_a_window(store, days):
    with pytest.raises(WindowRefused, match="1、3、7、15、30"):
        choose(store, days)
    with pytest.raises(IntegrityError), transaction.atomic():
        AttributionWindow.objects.create(store=store, days=days, since_at=clock.now())
    assert windows_of(store.pk).days_at(clock.now()) == 7


def test_a_change_touches_later_orders_only(store, sku):
    old = bought(sku, touched=6 * DAY)
    choose(store, 3)
    assert rule_for(old) == "v1:last-touch:7d"
    assert "前 7 天里" in explanations([old.pk])[old.pk].verdict
    assert rule_for(bought(sku, touched=6 * DAY)) is None
    assert list(audit(now=clock.now(), names=["sharing.chains"])) == []


def test_an_order_whose_fact_comes_late_has_the_window_that_it_was_placed_in(store, sku):
    choose(store, 15, ago=4 * DAY)
    choose(store, 1, ago=2 * DAY)
    assert rule_for(bought(sku, touched=10 * DAY, placed=5 * DAY)) is None
    assert rule_for(bought(sku, touched=10 * DAY, placed=3 * DAY)) == "v1:last-touch:15d"
    assert rule_for(bought(sku, touched=3 * DAY, placed=3 * DAY)) == "v1:last-touch:15d"
    assert rule_for(bought(sku, touched=3 * DAY, placed=DAY)) is None


def test_choosing_what_there_is_changes_nothing(store):
    assert not choose(store, 7)
    assert choose(store, 15)
    assert not choose(store, 15)
    assert choose(store, 7)
    assert AttributionWindow.objects.filter(store=store).count() == 2


def test_it_is_the_choice_of_one_store(store, sku):
    choose(store, 30)
    other = sku_on_sale(store_open())
    assert rule_for(bought(other, touched=10 * DAY)) is None
    assert rule_for(bought(sku, touched=10 * DAY)) == "v1:last-touch:30d"


def test_other_windows_are_compared_with_the_chosen_one(store, sku):
    choose(store, 15, ago=DAY)
    bought(sku, touched=10 * DAY)
    rows = replay(store.pk, since=clock.now() - 60 * DAY, now=clock.now()).windows
    told = {row.days: (row.orders, row.moved) for row in rows}
    assert told == {1: (0, 1), 3: (0, 1), 7: (0, 1), 15: (1, 0), 30: (1, 0)}


@pytest.mark.parametrize(("days", "label"), [(1, "直接打开"), (3, "店内搜索")])
def test_who_searched_is_counted_within_the_same_window(store, sku, days, label):
    choose(store, days, ago=3 * DAY)
    who = person()
    arrival_record(
        source="search", store_id=store.pk, visitor_id=who.id, guest="", now=clock.now() - 2 * DAY
    )
    pay(buy(who, sku))
    deliver()
    rows = sources(store.pk, since=clock.now() - 30 * DAY, now=clock.now())
    assert [row.label for row in rows if row.orders] == [label]


@pytest.mark.parametrize(("days", "by"), [(7, "showcase"), (15, "friend")])
def test_how_one_came_to_a_showcase_is_remembered_as_long(store, days, by):
    choose(store, days, ago=DAY)
    card = link_make(store=store)
    inside = link_make(card.sharer, store, target_kind="showcase", channel="showcase")
    who = person()
    visit_make(card, who.user, at=clock.now() - 10 * DAY)
    visit_record(token=inside.token, visitor_id=who.id, guest="", now=clock.now())
    assert Visit.objects.latest("last_at").link.channel == by


def test_a_rule_reads_back_as_its_days():
    assert [rule_days(rule_of(days)) for days in WINDOW_DAYS] == list(WINDOW_DAYS)
    assert [rule_days(one) for one in ("v0:first-touch", "v1:last-touch:7d\n", "")] == [None] * 3
