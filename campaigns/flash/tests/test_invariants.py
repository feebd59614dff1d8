"""For every invariant the corruption is planted, and seen by name."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from campaigns.flash.models import FlashBuyer, FlashCampaign, FlashOffer, FlashPurchase
from campaigns.flash.tests.factories import buy, offer_make
from core import clock
from orders.models import Order, OrderLine
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = {
    "flash_never_oversold": "flash_flashoffer",
    "flash_buyer_never_exceeded": "flash_flashbuyer",
}


@pytest.fixture
def offer():
    made = offer_make()
    ref = buy(made, cast.person(), quantity=2)
    buy(made, cast.person())
    Order.objects.filter(public_id=ref).update(placed_at=clock.now() - timedelta(minutes=2))
    assert cast.broken() == []
    return made


@pytest.fixture
def loose():
    """The constraints that would stop the corruption are taken off, and put back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = ANY(%s)",
            [list(TABLES)],
        )
        kept = cursor.fetchall()
        for name, table in TABLES.items():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    with connection.cursor() as cursor:
        for name, definition in kept:
            cursor.execute(
                f"ALTER TABLE {TABLES[name]} ADD CONSTRAINT {name} {definition} NOT VALID"
            )


def named():
    return {line.split(":")[0] for line in cast.broken()}


@pytest.mark.parametrize("sold", [0, 2, 4, 51])
def test_pieces_that_no_order_holds(offer, loose, sold):
    FlashOffer.objects.update(sold=sold)
    assert named() == {"flash.quota"}


def test_more_held_than_the_quota(offer, loose):
    FlashOffer.objects.update(quota=2)
    assert named() == {"flash.quota"}


def test_a_person_who_was_not_counted(offer, loose):
    FlashBuyer.objects.filter(bought=2).update(bought=1)
    assert named() == {"flash.buyers"}
    FlashBuyer.objects.filter(bought=1).delete()
    assert named() == {"flash.buyers"}


def test_a_person_beyond_the_limit(offer, loose):
    FlashBuyer.objects.filter(bought=2).update(limit=1)
    assert named() == {"flash.buyers"}


def test_a_live_order_whose_pieces_came_back(offer):
    FlashPurchase.objects.filter(quantity=2).update(state="returned")
    FlashOffer.objects.update(sold=F("sold") - 2)
    FlashBuyer.objects.filter(bought=2).update(bought=0)
    assert named() == {"flash.orders"}


def test_an_order_that_says_something_else(offer):
    OrderLine.objects.filter(quantity=1).update(unit_price_fen=3901, amount_fen=3901)
    assert "flash.orders" in named()


def test_an_order_at_a_flash_price_without_pieces(offer):
    FlashPurchase.objects.filter(quantity=1).delete()
    assert named() == {"flash.orders", "flash.quota", "flash.buyers"}


def test_a_campaign_beyond_its_slot_and_an_opening_that_nobody_told(offer):
    now = clock.now()
    FlashCampaign.objects.update(
        starts_at=now - timedelta(hours=2), ends_at=now - timedelta(minutes=6)
    )
    assert named() == {"flash.slots"}
    FlashCampaign.objects.update(
        ends_at=now + timedelta(hours=2),
        published_at=now - timedelta(hours=3),
        opening_told_at=None,
    )
    assert named() == {"flash.slots"}
