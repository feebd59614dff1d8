"""Flash sales: five hundred buyers for fifty pieces, one person's limit, a gate that gets lost, an
order that closes meanwhile. Each with its control."""

import pytest
from django.conf import settings
from django.db.models import F

from campaigns.flash import gate
from campaigns.flash.models import FlashBuyer, FlashOffer, FlashPurchase, FlashReminder
from campaigns.flash.queries import flash_awaited
from campaigns.flash.services import (
    ReminderRefused,
    campaign_tick,
    flash_order_ended,
    reminder_ask,
)
from campaigns.flash.tests.conftest import fresh_gate  # noqa: F401  (a fixture, used by itself)
from campaigns.flash.tests.factories import attempt, buy, coming, offer_make
from core import clock
from core.idempotency import form_key_new
from core.models import Fact
from orders.models import Order
from orders.services import order_close_request
from tests import cast
from tests.races.threads import LEADS, head_to_head, kinds, many, together, unlocked

pytestmark = pytest.mark.django_db(transaction=True)

QUOTA, BUYERS, THREADS = 50, 500, 20
# So many want a piece in the same moment, each on a connection of its own: the tests' PostgreSQL has
# 300. Whoever has been answered makes room for one of the other half.
CONTENDERS = 250
REFUSALS = {"ok", "SoldOut", "JustBeingTaken"}


def sold(offer):
    return FlashOffer.objects.values_list("sold", flat=True).get(pk=offer.pk)


def crowd_tries(offer, crowd, way, disturb=lambda n: None, *, threads=THREADS):
    """Everybody of the crowd tries once, so many at a time; what came out."""
    share = len(crowd) // threads

    def some(thread):
        came = []
        for n in range(thread * share, (thread + 1) * share):
            disturb(n)
            try:
                came.append(way(offer, crowd[n]))
            except Exception as error:
                came.append(error)
        return came

    return [one for came in many(some, threads) for one in came]


def test_five_hundred_buyers_for_fifty_pieces_past_the_gate():
    offer = offer_make(quota=QUOTA, per_person=1, on_hand=BUYERS)
    crowd = cast.people(BUYERS)
    outcome = kinds(crowd_tries(offer, crowd, attempt, threads=CONTENDERS))
    assert sum(outcome.values()) == BUYERS
    assert set(outcome) <= REFUSALS
    assert outcome["ok"] == sold(offer) == Order.objects.count() == QUOTA
    assert FlashPurchase.objects.count() == QUOTA
    assert cast.broken() == []


def test_fifty_are_sold_without_any_gate(monkeypatch):
    """PostgreSQL alone decides: nothing is asked of Valkey at all."""
    monkeypatch.setattr(gate, "_do", lambda act: None)
    offer = offer_make(quota=20, per_person=1)
    outcome = kinds(crowd_tries(offer, cast.people(100), attempt))
    assert outcome["ok"] == sold(offer) == 20
    assert set(outcome) <= {"ok", "SoldOut"}
    assert cast.broken() == []


def test_a_gate_that_is_lost_and_refilled_and_lies_in_the_middle():
    """It is thrown away, filled with nonsense, and opened far too wide while they buy."""
    offer = offer_make(quota=20, per_person=1)
    store, key = gate._redis(settings.CACHE_URL), gate.gate_key(offer.pk)

    def disturb(n):
        if n % 3 == 0:
            store.delete(key)
        elif n % 7 == 0:
            store.set(key, "nonsense")
        elif n % 5 == 0:
            wide = store.pipeline()
            wide.delete(key)
            wide.hset(key, mapping={"filled": 9999, "left": 9999})
            wide.pexpire(key, gate.LIVES_MS)
            wide.execute()

    outcome = kinds(crowd_tries(offer, cast.people(100), attempt, disturb))
    assert set(outcome) <= REFUSALS
    assert outcome["ok"] == sold(offer) == 20
    assert cast.broken() == []


def test_without_the_condition_the_quota_constraint_is_all_that_holds(monkeypatch):
    """Control: taking without looking runs into the constraint."""
    offer, crowd = offer_make(quota=3, per_person=1), cast.people(6)

    def careless(*, offer_id, quantity, now):
        return bool(FlashOffer.objects.filter(pk=offer_id).update(sold=F("sold") + quantity))

    monkeypatch.setattr("campaigns.flash.services.buy.quota_take", careless)
    monkeypatch.setattr(
        "campaigns.flash.services.buy.buy_refusal",
        together(lambda *args, **kwargs: None, 6),
    )
    assert kinds(many(lambda n: buy(offer, crowd[n]), 6)) == {"ok": 3, "IntegrityError": 3}


def test_one_person_cannot_have_more_than_the_limit():
    offer, alice = offer_make(per_person=2), cast.person("Alice")
    outcome = kinds(many(lambda _: attempt(offer, alice), 8))
    assert outcome == {"ok": 2, "LimitReached": 6}
    assert FlashBuyer.objects.get().bought == sold(offer) == 2
    assert cast.broken() == []


def test_without_counting_in_one_statement_the_limit_is_exceeded(monkeypatch):
    """Control: everybody has counted the orders before anybody places one."""
    offer, alice = offer_make(per_person=2), cast.person("Alice")
    counted = together(
        lambda: FlashPurchase.objects.filter(user_id=alice.id, state="held").count() < 2, 5
    )
    monkeypatch.setattr("campaigns.flash.services.buy.buyer_take", lambda **_: counted())
    assert kinds(many(lambda _: buy(offer, alice), 5)) == {"ok": 5}
    assert sold(offer) == 5
    assert cast.broken("flash.buyers") != []


def test_the_same_form_sent_six_times_at_once():
    offer, alice, key = offer_make(quota=1, per_person=1), cast.person("Alice"), form_key_new()
    refs = many(lambda _: attempt(offer, alice, form_key=key), 6)
    assert len(set(map(str, refs))) == 1, refs
    assert Order.objects.count() == sold(offer) == 1
    assert cast.broken() == []


@pytest.mark.parametrize("lead_s", LEADS)
def test_an_order_closes_while_somebody_buys_the_last_piece(lead_s):
    offer = offer_make(quota=1, per_person=1)
    order = cast.order_of(attempt(offer, cast.person()))
    bob = cast.person("Bob")

    def close():
        order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True)
        flash_order_ended(order_id=order.pk, now=clock.now())

    closed, bought = head_to_head(close, lambda: attempt(offer, bob), lead_s=lead_s)
    assert not isinstance(closed, Exception)
    assert set(kinds([bought])) <= REFUSALS
    cast.deliver()
    assert sold(offer) == (not isinstance(bought, Exception))
    # Whoever came a breath too early gets it now: the gate knows of it.
    if isinstance(bought, Exception):
        attempt(offer, bob)
    assert cast.broken() == []


def test_pieces_come_back_once_however_often_the_fact_comes():
    offer = offer_make()
    order = cast.order_of(attempt(offer, cast.person()))
    attempt(offer, cast.person())
    order_close_request(order_id=order.pk, now=clock.now(), by_buyer=True)
    many(lambda _: flash_order_ended(order_id=order.pk, now=clock.now()), 6)
    assert sold(offer) == 1
    assert cast.broken() == []


def test_without_comparison_they_come_back_twice(monkeypatch):
    """Control: two deliveries have both seen held pieces."""
    from campaigns.flash.states import PURCHASE

    offer = offer_make()
    order = cast.order_of(attempt(offer, cast.person(), quantity=1))
    attempt(offer, cast.person())
    FlashBuyer.objects.update(bought=2)  # so that its count can fall twice
    read = unlocked(lambda order_id: FlashPurchase.objects.get(order_id=order_id), 2)
    monkeypatch.setattr("campaigns.flash.services.decide.purchase_lock", read)
    monkeypatch.setattr(PURCHASE, "move_row", lambda row, name, *, now, changes=None: True)
    many(lambda _: flash_order_ended(order_id=order.pk, now=clock.now()), 2)
    assert sold(offer) == 0
    assert cast.broken("flash.quota") != []


@pytest.mark.parametrize("lead_s", LEADS)
def test_a_reservation_in_the_moment_of_the_telling_is_told_or_refused(lead_s):
    offer = offer_make(running=False)
    coming(offer, minutes=6)
    alice, now = cast.person("Alice"), clock.now()
    later = now + (offer.campaign.starts_at - now) / 2  # three minutes before the start
    asked, told = head_to_head(
        lambda: reminder_ask(offer_public_id=offer.public_id, user_id=alice.id, now=now),
        lambda: campaign_tick(campaign_id=offer.campaign_id, now=later),
        lead_s=lead_s,
    )
    assert not isinstance(told, Exception)
    waiting = [user for gist in flash_awaited(offer.campaign_id) for user in gist.user_ids]
    fact = Fact.objects.get(name="flash.slot_opening")
    assert fact.payload["flash_id"] == offer.campaign_id
    if isinstance(asked, ReminderRefused):
        assert waiting == []
    else:
        assert asked is True
        assert waiting == [alice.id]
    assert FlashReminder.objects.count() == len(waiting)
