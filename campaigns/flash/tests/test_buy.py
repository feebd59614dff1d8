"""Buying at a flash price: what it takes, what refuses it, and what comes back."""

from datetime import timedelta
from types import NoneType

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from campaigns.flash.locks import quota_take
from campaigns.flash.models import FlashBuyer, FlashOffer, FlashPurchase
from campaigns.flash.queries import COMING, ENDED, RUNNING, flash_terms
from campaigns.flash.services import (
    LimitReached,
    NotStarted,
    SlotOver,
    SoldOut,
    StockGone,
    campaign_cancel,
    flash_order_ended,
    offer_find,
    offer_refusal,
)
from campaigns.flash.tests.factories import (
    FLASH_FEN,
    attempt,
    buy,
    coming,
    offer_make,
    opened,
    over,
    slot_move,
)
from catalog.models import Sku
from core import clock
from core.idempotency import form_key_new
from orders.models import Order
from orders.services import PriceChanged, order_cancel, order_close_request
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def offer():
    return offer_make()


def sold(offer):
    return FlashOffer.objects.values_list("sold", flat=True).get(pk=offer.pk)


def close(ref):
    order_close_request(order_id=cast.order_of(ref).pk, now=clock.now(), by_buyer=True)
    cast.deliver()


def test_an_order_takes_its_pieces_at_the_flash_price(offer):
    alice = cast.person("Alice")
    order = cast.order_of(buy(offer, alice, quantity=2))
    assert (order.offer_kind, order.offer_ref) == ("flash", offer.public_id)
    assert order.goods_fen == 2 * FLASH_FEN
    assert order.payable_fen == 2 * FLASH_FEN + cast.FREIGHT_FEN
    assert order.pay_before - order.placed_at == timedelta(minutes=5)
    assert sold(offer) == 2
    assert FlashBuyer.objects.get().bought == 2
    assert Sku.objects.get(pk=offer.sku_id).reserved == 2
    cast.pay(order.public_id)
    cast.deliver()
    assert cast.order_of(order.public_id).state == "to_ship"
    assert sold(offer) == 2
    assert cast.broken() == []


def test_the_same_form_twice_is_one_order(offer):
    alice, key = cast.person("Alice"), form_key_new()
    first = attempt(offer, alice, form_key=key)
    assert attempt(offer, alice, form_key=key) == first
    assert buy(offer, alice, form_key=key) == first
    assert (Order.objects.count(), sold(offer)) == (1, 1)


def test_a_form_sent_again_finds_its_order_when_all_is_sold():
    offer, key = offer_make(quota=1, per_person=1), form_key_new()
    alice = cast.person("Alice")
    first = attempt(offer, alice, form_key=key)
    assert attempt(offer, alice, form_key=key) == first
    with pytest.raises(SoldOut):
        attempt(offer, alice)


@pytest.mark.parametrize(("when", "refusal"), [(coming, NotStarted), (over, SlotOver)])
def test_outside_of_its_slot_nobody_buys(offer, when, refusal):
    when(offer)
    for way in (buy, attempt):
        with pytest.raises(refusal):
            way(offer, cast.person())
    assert (Order.objects.count(), sold(offer)) == (0, 0)


@pytest.mark.parametrize(
    ("edge", "early_ms", "refusal", "phase"),
    [
        ("starts_at", 1, NotStarted, COMING),
        ("starts_at", 0, NoneType, RUNNING),
        ("ends_at", 1, NoneType, RUNNING),
        ("ends_at", 0, SlotOver, ENDED),
    ],
)
def test_a_slot_begins_and_ends_to_the_millisecond(offer, edge, early_ms, refusal, phase):
    """What the pages show, what the form is told, and what the row itself lets go."""
    starts_at = clock.now().replace(microsecond=0)
    slot_move(offer, starts_at, starts_at + timedelta(hours=2))
    found = offer_find(offer.public_id)
    now = getattr(found.campaign, edge) - timedelta(milliseconds=early_ms)
    assert type(offer_refusal(found, quantity=1, now=now)) is refusal
    assert flash_terms(offer.public_id, now=now).phase == phase
    assert quota_take(offer_id=offer.pk, quantity=1, now=now) is (refusal is NoneType)


def test_a_draft_and_a_cancelled_campaign_sell_nothing(offer):
    with pytest.raises(SlotOver):
        attempt(offer_make(publish=False), cast.person())
    campaign_cancel(campaign_id=offer.campaign_id, now=clock.now())
    with pytest.raises(SlotOver):
        attempt(offer, cast.person())
    assert Order.objects.count() == 0


def test_the_limit_of_one_person(offer):
    alice = cast.person("Alice")
    ref = attempt(offer, alice)
    with pytest.raises(LimitReached, match="还可以买 1 件"):
        attempt(offer, alice, quantity=2)
    attempt(offer, alice)
    with pytest.raises(LimitReached, match="已经买满"):
        attempt(offer, alice)
    assert sold(offer) == 2
    close(ref)
    attempt(offer, alice)
    assert (sold(offer), FlashBuyer.objects.get().bought) == (2, 2)
    assert cast.broken() == []


def test_the_quota(offer):
    FlashOffer.objects.filter(pk=offer.pk).update(quota=1)
    with pytest.raises(SoldOut, match="只剩 1 件"):
        attempt(offer, cast.person(), quantity=2)
    attempt(offer, cast.person())
    with pytest.raises(SoldOut, match="已经抢光"):
        attempt(offer, cast.person())


def test_a_shelf_that_is_emptier_than_the_quota():
    offer = offer_make(on_hand=1)
    attempt(offer, cast.person())
    with pytest.raises(StockGone):
        attempt(offer, cast.person())
    assert sold(offer) == 1
    assert FlashBuyer.objects.count() == 1
    assert cast.broken() == []


def test_a_price_that_was_not_shown_is_not_charged(offer):
    with pytest.raises(PriceChanged):
        buy(offer, cast.person(), expected_payable_fen=1)
    assert sold(offer) == 0


def test_a_list_price_below_the_flash_price_is_the_better_one(offer):
    Sku.objects.filter(pk=offer.sku_id).update(price_fen=3000)
    assert cast.order_of(buy(offer, cast.person())).goods_fen == 3000
    assert cast.broken("flash.orders") == []


def test_an_order_that_closes_gives_back_quota_limit_and_gate():
    offer = offer_make(quota=1, per_person=1)
    alice, bob = cast.person("Alice"), cast.person("Bob")
    ref = attempt(offer, alice)
    with pytest.raises(SoldOut):
        attempt(offer, bob)
    close(ref)
    assert sold(offer) == 0
    assert FlashPurchase.objects.get().state == "returned"
    # The gate opens with it: nobody waits for it to lapse.
    attempt(offer, bob)
    assert sold(offer) == 1
    assert cast.broken() == []


def test_what_came_back_comes_back_once(offer):
    ref = attempt(offer, cast.person())
    attempt(offer, cast.person())
    close(ref)
    for _ in range(3):
        order_id = cast.order_of(ref).pk
        assert flash_order_ended(order_id=order_id, now=clock.now()) is False
    assert sold(offer) == 1
    assert cast.broken() == []


def test_a_paid_order_that_is_cancelled_gives_back_too(offer):
    ref = attempt(offer, cast.person())
    cast.pay(ref)
    cast.deliver()
    order_cancel(order_id=cast.order_of(ref).pk, reason="没货了", now=clock.now())
    cast.deliver()
    assert sold(offer) == 0
    assert cast.broken() == []


def test_an_ordinary_order_gives_back_nothing(offer):
    attempt(offer, cast.person())
    close(cast.buy(cast.person(), offer.sku))
    assert sold(offer) == 1


def test_the_database_refuses_what_a_mistake_would_write(offer):
    attempt(offer, cast.person())
    with pytest.raises(IntegrityError, match="flash_never_oversold"), transaction.atomic():
        FlashOffer.objects.update(sold=F("quota") + 1)
    with pytest.raises(IntegrityError, match="flash_buyer_never_exceeded"), transaction.atomic():
        FlashBuyer.objects.update(bought=F("limit") + 1)
    opened(offer)
    assert cast.broken() == []
