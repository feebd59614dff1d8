"""The gate can only refuse early: away, empty, nonsense or wrong, PostgreSQL decides."""

import pytest
from django.conf import settings
from redis.exceptions import ConnectionError as GoneError

from campaigns.flash import gate
from campaigns.flash.services import JustBeingTaken, SoldOut
from campaigns.flash.tests.factories import attempt, offer_make
from core.idempotency import form_key_new
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store():
    return gate._redis(settings.CACHE_URL)


def enter(offer, holder, *, left, quantity=1):
    return gate.gate_enter(offer_id=offer.pk, left=left, quantity=quantity, holder=holder)


def test_it_lets_in_as_many_as_are_left_and_each_form_once(store):
    offer = offer_make()
    assert [enter(offer, f"k{n}", left=2) for n in (1, 2, 3)] == [True, True, False]
    # Who is in already comes in again; who gave up makes room.
    assert enter(offer, "k1", left=2)
    gate.gate_leave(offer_id=offer.pk, holder="k2")
    gate.gate_leave(offer_id=offer.pk, holder="k2")
    assert [enter(offer, f"k{n}", left=2) for n in (3, 4)] == [True, False]
    gate.gate_forget(offer_id=offer.pk)
    assert enter(offer, "k4", left=1)
    assert 0 < store.pttl(gate.gate_key(offer.pk)) <= gate.LIVES_MS


def test_it_is_filled_anew_when_it_is_lost():
    offer = offer_make()
    assert [enter(offer, f"k{n}", left=1) for n in (1, 2)] == [True, False]
    gate.gate_forget(offer_id=offer.pk)
    assert enter(offer, "k3", left=1)


def nonsense(store, key):
    store.set(key, "0")


def no_end(store, key):
    store.hset(key, mapping={"filled": 0, "left": 0})


def words(store, key):
    store.hset(key, mapping={"filled": "few", "left": "none"})
    store.pexpire(key, 1000)


def less_than_there_is(store, key):
    store.hset(key, mapping={"filled": 0, "left": 0})
    store.pexpire(key, 1000)


def another_type(store, key):
    store.rpush(key, 0)


@pytest.mark.parametrize("wrong", [nonsense, no_end, words, less_than_there_is, another_type])
def test_a_wrong_gate_refuses_nobody(store, wrong):
    offer = offer_make()
    wrong(store, gate.gate_key(offer.pk))
    assert attempt(offer, cast.person())
    offer.refresh_from_db()
    assert offer.sold == 1


def test_a_gate_that_is_too_wide_sells_no_more_than_there_is(store):
    offer = offer_make(quota=1, per_person=1)
    store.hset(gate.gate_key(offer.pk), mapping={"filled": 99, "left": 99})
    store.pexpire(gate.gate_key(offer.pk), 1000)
    attempt(offer, cast.person())
    with pytest.raises(SoldOut):
        attempt(offer, cast.person())


def test_without_valkey_everything_sells_and_nobody_waits_for_each_timeout(monkeypatch, caplog):
    asked = []

    class Gone:
        def eval(self, *args):
            asked.append(args)
            raise GoneError("away")

        def delete(self, *args):
            asked.append(args)
            raise GoneError("away")

    monkeypatch.setattr(gate, "_redis", lambda url: Gone())
    offer = offer_make(quota=2, per_person=1)
    for _ in range(2):
        attempt(offer, cast.person())
    with pytest.raises(SoldOut):
        attempt(offer, cast.person())
    gate.gate_forget(offer_id=offer.pk)
    assert len(asked) <= 2
    assert "the gate is open" in caplog.text


def test_the_herd_behind_those_who_are_ordering_is_told_to_come_again():
    offer = offer_make(quota=1, per_person=1)
    holder = form_key_new()
    assert enter(offer, holder, left=1)
    with pytest.raises(JustBeingTaken, match="再试一次"):
        attempt(offer, cast.person())
    gate.gate_leave(offer_id=offer.pk, holder=holder)
    assert attempt(offer, cast.person())
