"""Closing an account against whatever begins something in its name, each race with its control."""

import pytest
from django.db import transaction

from accounts.models import User, WechatIdentity
from accounts.services import CloseRefused, account_close, person_from_wechat
from accounts.tests.factories import APPID
from core import clock
from core.prepared import Prepared
from orders import standing
from orders.models import Order
from orders.services import BuyerGone
from orders.standing import standing_lock
from orders.tests.factories import order_make
from sharers.locks import sharer_lock
from sharers.models import Reward
from sharers.services import rewards_settle, sharer_leave
from sharers.tests.factories import brings, plan_make, sharer_make
from sharing.services import order_attribute
from tests import cast
from tests.races.threads import LEADS, at_once, head_to_head, kinds, many
from wechat.services import OAuthPerson

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice():
    return cast.person("艾丽丝")


def close(person):
    return account_close(user_id=person.id, now=clock.now())


def ownerless():
    return Order.objects.filter(buyer__is_active=False).count()


# An order is placed while its buyer leaves: it is somebody's, or it is not.


@pytest.mark.parametrize("lead_s", LEADS)
def test_an_order_never_belongs_to_a_closed_account(alice, lead_s):
    sku = cast.sku_on_sale()
    placed, closed = head_to_head(
        lambda: order_make(sku, who=alice), lambda: close(alice), lead_s=lead_s
    )
    assert ownerless() == 0
    if isinstance(placed, Order):
        assert isinstance(closed, CloseRefused)
    else:
        assert isinstance(placed, BuyerGone) and closed is True


def placing_and_leaving_meanwhile(monkeypatch, alice):
    """An order that has asked whether its buyer stays; they leave before it is written."""
    sku = cast.sku_on_sale()
    told = []

    def asked(**who):
        answer = standing_lock(**who)
        told.extend(at_once(lambda: leave(alice)))
        return answer

    def leave(person):
        with transaction.atomic():
            with transaction.get_connection().cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '300ms'")
            return close(person)

    monkeypatch.setattr("orders.services.place.standing_lock", asked)
    order_make(sku, who=alice)
    return told


def test_leaving_waits_for_an_order_that_is_being_placed(alice, monkeypatch):
    (told,) = placing_and_leaving_meanwhile(monkeypatch, alice)
    assert "lock timeout" in str(told)
    assert ownerless() == 0


def test_without_the_lock_an_order_belongs_to_nobody(alice, monkeypatch):
    """Control: whether they stay was only read."""

    read = standing._STANDING.text.replace("FOR KEY SHARE OF person", "")
    monkeypatch.setattr(standing, "_STANDING", Prepared("read_only", read))
    (told,) = placing_and_leaving_meanwhile(monkeypatch, alice)
    assert told is True
    assert ownerless() == 1


# Signing in again with WeChat at the moment of leaving: the old account or a new one.


@pytest.mark.parametrize("lead_s", LEADS)
def test_signing_in_while_leaving_ends_in_an_open_account(alice, lead_s):
    person = OAuthPerson("o-alice", "u-alice", "", "", "snsapi_base", False)

    def sign_in(current):
        return person_from_wechat(
            person=person, appid=APPID, current_user_id=current, now=clock.now()
        ).user.pk

    sign_in(alice.id)
    came, closed = head_to_head(lambda: sign_in(None), lambda: close(alice), lead_s=lead_s)
    assert closed is True
    assert isinstance(came, int)
    for identity in WechatIdentity.objects.select_related("user"):
        assert identity.user.is_active
        assert identity.user_id != alice.id


def test_leaving_twice_is_leaving_once(alice):
    assert kinds(many(lambda _n: close(alice), 4)) == {"ok": 4}
    assert User.objects.filter(is_active=False).count() == 1


# A reward is promised to somebody who leaves while an order of their share is settled.


@pytest.fixture
def shared(alice):
    """Alice shares, and Bob ordered through her; he has not paid."""
    sku = cast.sku_on_sale()
    plan_make(sku.store)
    sharer, bob = sharer_make(sku.store, alice), cast.person("Bob")
    brings(sharer, bob)
    order = order_make(sku, who=bob)
    order_attribute(
        order_id=order.pk,
        store_id=order.store_id,
        buyer_id=bob.id,
        placed_at=order.placed_at,
        now=clock.now(),
    )
    return order


def settle(order, *, pins):
    return rewards_settle(order_id=order.pk, pins=pins, now=clock.now())


def settled_after_leaving(monkeypatch, alice, order, *, pins):
    """The fact has read whose share it was; before it has the sharer's lock, they leave."""

    def late(pk):
        at_once(lambda: sharer_leave(person_id=alice.id, now=clock.now()))
        return sharer_lock(pk)

    monkeypatch.setattr("sharers.services.rewards.sharer_lock", late)
    return settle(order, pins=pins)


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("pins", [False, True])
def test_nothing_is_promised_to_whoever_has_just_left(alice, shared, monkeypatch, before, pins):
    if before:
        settle(shared, pins=True)
        assert Reward.objects.count() == 1
    assert settled_after_leaving(monkeypatch, alice, shared, pins=pins) == 0
    assert not Reward.objects.exists()


@pytest.mark.parametrize("before", [False, True])
def test_without_a_look_behind_the_lock_it_is_promised_again(alice, shared, monkeypatch, before):
    """Control: what was read before the lock is believed."""
    if before:
        settle(shared, pins=True)
    monkeypatch.setattr("sharers.services.rewards._was_sharing", lambda *_: True)
    settled_after_leaving(monkeypatch, alice, shared, pins=True)
    assert Reward.objects.get().sharer.approved_at is None


@pytest.mark.parametrize("lead_s", LEADS)
def test_leaving_while_an_order_is_found_to_be_ones_own_leaves_no_promise(alice, shared, lead_s):
    settled, closed = head_to_head(
        lambda: settle(shared, pins=True),
        lambda: sharer_leave(person_id=alice.id, now=clock.now()),
        lead_s=lead_s,
    )
    assert (settled, closed) == (0, None)
    assert not Reward.objects.exists()
