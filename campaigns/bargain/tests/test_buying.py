"""Buying at the price that friends have helped to: midway, at the floor, once."""

import pytest

from campaigns.bargain import services
from campaigns.bargain.models import Bargain
from campaigns.bargain.queries import bargain_board
from campaigns.bargain.tests.checks import refused_help, told, used
from campaigns.bargain.tests.factories import (
    FLOOR_FEN,
    buy,
    campaign_make,
    give,
    launch,
    overdue,
    reached,
)
from catalog.models import Sku
from core import clock
from core.idempotency import form_key_new
from core.models import Fact
from orders.models import Order
from orders.services import PriceChanged, order_cancel, order_close_request
from payments.models import Refund
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_launcher_buys_midway_at_the_price_of_the_moment():
    campaign, alice = campaign_make(), cast.person()
    bargain = launch(campaign, alice)
    cut = give(bargain)
    order = cast.order_of(buy(bargain, alice))
    assert (order.goods_fen, order.offer_kind, order.offer_ref) == (
        cast.LIST_FEN - cut,
        "bargain",
        bargain.public_id,
    )
    refused_help(bargain, cast.person(), services.PriceStands)
    assert bargain_board(bargain.public_id, now=clock.now()).sealed == ""
    cast.pay(order.public_id)
    cast.deliver()
    order.refresh_from_db()
    assert (order.state, told(bargain)) == ("to_ship", ("bought", 1, cast.LIST_FEN - cut))
    assert used(campaign) == 1
    assert bargain_board(bargain.public_id, now=clock.now()).sealed == bargain.sealed
    assert Fact.objects.filter(name="bargain.bought", subject_id=bargain.pk).exists()
    assert cast.broken() == []


def test_the_floor_is_bought():
    campaign, alice = campaign_make(), cast.person()
    bargain = reached(campaign, alice)
    order = cast.order_of(buy(bargain, alice, expected_payable_fen=FLOOR_FEN + cast.FREIGHT_FEN))
    cast.pay(order.public_id)
    assert told(bargain) == ("bought", 4, FLOOR_FEN)
    assert cast.broken() == []


def test_a_help_between_seeing_and_buying_is_shown_first():
    campaign, alice = campaign_make(), cast.person()
    bargain = launch(campaign, alice)
    shown = bargain.price_fen + cast.FREIGHT_FEN
    give(bargain)
    with pytest.raises(PriceChanged):
        buy(bargain, alice, expected_payable_fen=shown)
    assert (told(bargain)[0], Order.objects.count()) == ("running", 0)


def test_the_same_form_buys_once_and_another_is_told_of_the_order():
    campaign, alice, key = campaign_make(), cast.person(), form_key_new()
    bargain = launch(campaign, alice)
    order = buy(bargain, alice, form_key=key)
    assert buy(bargain, alice, form_key=key) == order
    with pytest.raises(services.AlreadyOrdered) as refused:
        buy(bargain, alice)
    assert refused.value.order_public_id == order
    assert Order.objects.count() == 1


def test_no_purchase_on_the_way_where_the_campaign_has_none():
    alice = cast.person()
    bargain = launch(campaign_make(buy_midway=False), alice)
    with pytest.raises(services.NotMidway):
        buy(bargain, alice)
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("arrange", "refusal"),
    [
        (lambda b: overdue(b), services.TooLateToBuy),
        (lambda b: Sku.objects.update(removed_at=clock.now()), services.SoldOut),
    ],
)
def test_refused_purchases_change_nothing(arrange, refusal):
    alice = cast.person()
    bargain = launch(campaign_make(), alice)
    arrange(bargain)
    with pytest.raises(refusal):
        buy(bargain, alice)
    assert (told(bargain)[0], bargain.order_id, Order.objects.count()) == ("running", None, 0)


def test_only_the_launcher_buys():
    bargain = launch(campaign_make())
    with pytest.raises(services.NotYours):
        buy(bargain, cast.person())
    assert Order.objects.count() == 0


@pytest.mark.parametrize(("make", "state"), [(launch, "running"), (reached, "reached")])
def test_an_order_closed_unpaid_leaves_the_bargain_as_it_was(make, state):
    campaign, alice = campaign_make(), cast.person()
    bargain = make(campaign, alice)
    before = told(bargain)
    order = cast.order_of(buy(bargain, alice))
    assert told(bargain)[0] == "ordered"
    order_close_request(order_id=order.pk, now=clock.now())
    cast.deliver()
    assert told(bargain) == before
    assert before[0] == state
    assert used(campaign) == 1
    again = buy(bargain, alice)
    cast.pay(again)
    assert told(bargain)[0] == "bought"
    assert cast.broken() == []


def test_an_order_closed_after_the_deadline_ends_the_bargain():
    campaign, alice = campaign_make(), cast.person()
    bargain = launch(campaign, alice)
    order = cast.order_of(buy(bargain, alice))
    overdue(bargain)
    again = services.bargain_expire(bargain_id=bargain.pk, now=clock.now())
    assert (told(bargain)[0], again > clock.now()) == ("ordered", True)
    order_close_request(order_id=order.pk, now=clock.now())
    cast.deliver()
    assert told(bargain)[0] == "expired"
    assert used(campaign) == 0
    assert cast.broken() == []


def test_an_order_placed_in_time_may_be_paid_after_the_deadline():
    campaign, alice = campaign_make(), cast.person()
    bargain = launch(campaign, alice)
    order = buy(bargain, alice)
    overdue(bargain)
    cast.pay(order)
    assert told(bargain)[0] == "bought"
    assert cast.broken() == []


def test_money_after_closing_goes_back_and_the_bargain_goes_on():
    campaign, alice = campaign_make(), cast.person()
    bargain = launch(campaign, alice)
    order = cast.order_of(buy(bargain, alice))
    order_close_request(order_id=order.pk, now=clock.now())
    cast.deliver()
    cast.pay(order.public_id)
    cast.deliver()
    assert cast.order_of(order.public_id).state == "cancelled"
    assert Refund.objects.count() == 1
    assert told(bargain)[0] == "running"
    assert cast.broken() == []


def test_a_cancelled_order_returns_the_piece_and_the_money():
    campaign, alice = campaign_make(), cast.person()
    bargain = launch(campaign, alice)
    order = cast.order_of(buy(bargain, alice))
    cast.pay(order.public_id)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    cast.deliver()
    assert told(bargain)[0] == "returned"
    assert (used(campaign), Refund.objects.count()) == (0, 1)
    services.bargain_order_cancelled(order_id=order.pk, now=clock.now())
    assert used(campaign) == 0
    assert cast.broken() == []


def test_a_cancelled_order_is_no_part_of_what_one_may_launch():
    campaign, alice = campaign_make(launches_per_person=1), cast.person()
    order = cast.order_of(buy(launch(campaign, alice), alice))
    cast.pay(order.public_id)
    refusal = services.launch_refusal(campaign.pk, alice.id, now=clock.now())
    assert isinstance(refusal, services.LaunchLimitReached)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    cast.deliver()
    assert services.launch_refusal(campaign.pk, alice.id, now=clock.now()) is None
    again = launch(campaign, alice)
    cast.pay(buy(again, alice))
    assert told(again)[0] == "bought"
    refusal = services.launch_refusal(campaign.pk, alice.id, now=clock.now())
    assert isinstance(refusal, services.LaunchLimitReached)
    with pytest.raises(services.LaunchLimitReached):
        launch(campaign, alice)
    assert (Bargain.objects.count(), used(campaign)) == (2, 1)
    assert cast.broken() == []


def test_a_cancellation_that_is_heard_of_before_the_payment():
    campaign, alice = campaign_make(), cast.person()
    bargain = launch(campaign, alice)
    order = cast.order_of(buy(bargain, alice))
    cast.pay(order.public_id)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    Bargain.objects.filter(pk=bargain.pk).update(state="ordered")
    services.bargain_order_cancelled(order_id=order.pk, now=clock.now())
    services.bargain_order_paid(order_id=order.pk, now=clock.now())
    assert (told(bargain)[0], used(campaign)) == ("returned", 0)


def test_a_purchase_killed_half_way_leaves_nothing(monkeypatch):
    campaign, alice, key = campaign_make(), cast.person(), form_key_new()
    bargain = launch(campaign, alice)

    def dead(**_):
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr("orders.services.place.stock_reserve", dead)
        with pytest.raises(SystemExit):
            buy(bargain, alice, form_key=key)
    assert (told(bargain)[0], Order.objects.count()) == ("running", 0)
    cast.pay(buy(bargain, alice, form_key=key))
    assert told(bargain)[0] == "bought"
    assert cast.broken() == []
