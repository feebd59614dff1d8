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
