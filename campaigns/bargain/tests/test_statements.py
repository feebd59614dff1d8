"""How many statements each write and each page's read cost: a loop over rows shows here first."""

import pytest

from campaigns.bargain import services
from campaigns.bargain.queries import (
    bargain_board,
    bargain_mine,
    bargains_for_product,
    bargains_of,
)
from campaigns.bargain.tests.factories import buy, campaign_make, give, launch, overdue
from core import clock
from orders.services import order_payment_take
from orders.tests.factories import known, pay, person
from payments.models import Payment
from tests import cast
from tests.database import statements

# Inside a test's own transaction nothing is delivered by itself: what is counted is one act.
pytestmark = pytest.mark.django_db


def launched(campaign, who):
    def act():
        services.bargain_launch(
            campaign_id=campaign.pk,
            user_id=who.id,
            shows_profile=False,
            form_key="0" * 26,
            now=clock.now(),
        )

    return act


def test_launching_and_the_form_sent_again():
    campaign, alice = campaign_make(), person()
    act = launched(campaign, alice)
    assert statements(act) == 9
    assert statements(act) == 2


@pytest.mark.parametrize("helped", [0, 10])
def test_a_help_costs_the_same_however_many_came_before(helped):
    bargain = launch(campaign_make(helpers=20))
    for _ in range(helped):
        give(bargain)
    bob = person()
    assert statements(lambda: give(bargain, bob)) == 8  # the last: whom it ties to whom


def test_the_last_help():
    bargain = launch(campaign_make(helpers=1, newcomer_percent=0))
    bob = person()
    assert statements(lambda: give(bargain, bob)) == 11


def test_buying():
    alice = known()
    bargain = launch(campaign_make(), alice)
    assert statements(lambda: buy(bargain, alice)) == 11


def test_the_money():
    alice = person()
    bargain = launch(campaign_make(), alice)
    ref = buy(bargain, alice)
    pay(ref)
    payment = Payment.objects.get(order_ref=ref)
    order_payment_take(order_ref=ref, payment_id=payment.pk, now=clock.now())
    pk = cast.order_of(ref).pk
    assert statements(lambda: services.bargain_order_paid(order_id=pk, now=clock.now())) == 4


def test_expiring():
    bargain = launch(campaign_make())
    overdue(bargain)
    assert statements(lambda: services.bargain_expire(bargain_id=bargain.pk, now=clock.now())) == 6


@pytest.mark.parametrize("helped", [1, 9])
def test_the_reads(helped):
    alice, stranger = person(), person()
    campaign = campaign_make(helpers=20)
    bargain, now = launch(campaign, alice), clock.now()
    for _ in range(helped):
        give(bargain)
    assert statements(lambda: bargain_board(bargain.public_id, now=now)) == 2
    assert statements(lambda: bargain_mine(bargain.public_id, alice.id, now=now)) == 1
    assert statements(lambda: bargain_mine(bargain.public_id, stranger.id, now=now)) == 2
    assert statements(lambda: bargains_of(alice.id)) == 1
    product_id = campaign.sku.product_id
    assert statements(lambda: bargains_for_product(product_id, in_wechat=True, now=now)) == 1
