"""The piece in stock that a bargain keeps: the last one at launch, against strangers, at its end. Each
with its control."""

from datetime import timedelta

import pytest

from campaigns.bargain.models import Bargain
from campaigns.bargain.services import bargain_expire
from campaigns.bargain.tests.factories import buy, campaign_make, launch, overdue, reached
from catalog.models import Sku
from core import clock
from orders.models import Order
from orders.services import order_close_request
from tests import cast
from tests.races.threads import LEADS, head_to_head, kinds, many

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign():
    """One piece is left."""
    return campaign_make(on_hand=1)


def stock():
    return Sku.objects.values_list("on_hand", "reserved").get()


def test_six_want_to_launch_for_the_last_piece(campaign):
    crowd = cast.people(6)
    assert kinds(many(lambda n: launch(campaign, crowd[n]), 6)) == {"ok": 1, "NothingLeft": 5}
    campaign.refresh_from_db()
    assert (campaign.quota_used, stock()) == (1, (1, 1))
    assert cast.broken() == []


def test_without_a_reservation_six_launch_for_one_piece(campaign, monkeypatch):
    """Control: five of them would ask friends for nothing."""
    crowd = cast.people(6)
    monkeypatch.setattr("campaigns.bargain.services.launch.piece_take", lambda **_: None)
    assert kinds(many(lambda n: launch(campaign, crowd[n]), 6)) == {"ok": 6}
    assert len(cast.broken("bargain.pieces")) == 6


@pytest.mark.parametrize("lead_s", LEADS)
def test_a_launch_meets_a_buyer_of_the_last_piece(campaign, lead_s):
    alice, bob = cast.people(2)
    outcome = head_to_head(
        lambda: launch(campaign, alice), lambda: cast.buy(bob, campaign.sku), lead_s=lead_s
    )
    assert kinds(outcome) in [{"ok": 1, "OutOfStock": 1}, {"NothingLeft": 1, "ok": 1}]
    assert stock() == (1, 1)
    assert Bargain.objects.count() + Order.objects.count() == 1
    assert cast.broken() == []


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_launcher_orders_while_a_stranger_wants_the_piece(campaign, lead_s):
    alice, bob = cast.people(2)
    bargain = reached(campaign, alice)
    mine, theirs = head_to_head(
        lambda: buy(bargain, alice), lambda: cast.buy(bob, campaign.sku), lead_s=lead_s
    )
    assert (kinds([mine]), kinds([theirs])) == ({"ok": 1}, {"OutOfStock": 1})
    assert stock() == (1, 1)
    assert cast.broken() == []


@pytest.mark.parametrize("lead_s", LEADS)
def test_an_order_closes_while_a_stranger_wants_the_piece(campaign, lead_s):
    alice, bob = cast.people(2)
    bargain = reached(campaign, alice)
    order = cast.order_of(buy(bargain, alice))
    closed, theirs = head_to_head(
        lambda: order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True),
        lambda: cast.buy(bob, campaign.sku),
        lead_s=lead_s,
    )
    assert (closed, kinds([theirs])) == (True, {"OutOfStock": 1})
    cast.deliver()
    bargain.refresh_from_db()
    assert (bargain.state, bool(bargain.reserved_as), stock()) == ("reached", True, (1, 1))
    cast.pay(buy(bargain, alice))
    assert cast.broken() == []


def test_without_the_keeper_a_stranger_gets_it_in_between(campaign, monkeypatch):
    """Control: the order lets go of the piece, and the bargain is left with a promise."""
    alice = cast.person()
    bargain = reached(campaign, alice)
    order = cast.order_of(buy(bargain, alice))
    monkeypatch.setattr("orders.keepers._keepers", {})
    order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True)
    cast.buy(cast.person(), campaign.sku)
    cast.deliver()
    bargain.refresh_from_db()
    assert (bargain.state, bargain.reserved_as) == ("reached", "")
    assert cast.broken("bargain.pieces") != []


@pytest.mark.parametrize("lead_s", LEADS)
def test_the_deadline_comes_while_the_launcher_orders_the_last_piece(campaign, lead_s):
    alice = cast.person()
    bargain = reached(campaign, alice)
    overdue(bargain)
    early = clock.now() - timedelta(seconds=5)
    bought, ticked = head_to_head(
        lambda: buy(bargain, alice, now=early),
        lambda: bargain_expire(bargain_id=bargain.pk, now=clock.now()),
        lead_s=lead_s,
    )
    assert not isinstance(ticked, Exception)
    assert kinds([bought]) in [{"ok": 1}, {"TooLateToBuy": 1}]
    assert stock() == (1, 0 if isinstance(bought, Exception) else 1)
    assert cast.broken() == []


def test_a_piece_comes_back_once_however_many_ticks(campaign):
    bargain = launch(campaign)
    overdue(bargain)
    many(lambda _: bargain_expire(bargain_id=bargain.pk, now=clock.now()), 6)
    assert stock() == (1, 0)
    assert cast.broken() == []
