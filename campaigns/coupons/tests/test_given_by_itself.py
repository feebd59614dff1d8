"""Coupons that a store gives without being asked: to newcomers, and for what was received."""

import pytest
from django.urls import reverse

from campaigns.coupons.models import Coupon
from campaigns.coupons.services import (
    NotOffered,
    TemplateRefused,
    coupon_give_newcomer,
    coupon_give_repeat,
    template_end,
)
from campaigns.coupons.tests.factories import place, take, template_make
from core import clock
from orders.services import order_receive
from orders.tests.factories import shipped_make
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku():
    return cast.sku_on_sale()


@pytest.fixture
def alice(client):
    alice = cast.person("Alice")
    client.force_login(alice.user)
    return alice


def sources(who):
    return list(Coupon.objects.filter(user_id=who.id).values_list("source", flat=True))


def greet(store, who):
    return coupon_give_newcomer(store_id=store.pk, user_id=who.id, now=clock.now())


# Newcomers.


def test_whoever_opens_the_centre_first_finds_a_coupon_in_the_wallet(client, alice, sku):
    template_make(sku.store, how="newcomer", name="见面礼")
    centre = reverse("coupons:mine", args=[sku.store.slug])
    assert "1 张优惠券已放进你的券包" in client.get(centre).content.decode()
    again = client.get(centre).content.decode()
    assert "已放进你的券包" not in again
    assert "已领取，可使用" in again
    assert sources(alice) == ["newcomer"]
    wallet = client.get(reverse("coupons:wallet")).content.decode()
    assert "见面礼" in wallet
    assert "新客礼" in wallet
    assert place(sku, alice).discount_fen > 0
    assert cast.broken() == []


def test_who_paid_there_before_is_no_newcomer(client, alice, sku):
    cast.pay(cast.buy(alice, sku))
    cast.deliver()
    template_make(sku.store, how="newcomer")
    page = client.get(reverse("coupons:mine", args=[sku.store.slug])).content.decode()
    assert "送给还没在本店买过的新朋友" in page
    assert sources(alice) == []
    # In another store one is new.
    elsewhere = template_make(cast.store_open(), how="newcomer")
    assert len(greet(elsewhere.store, alice)) == 1


def test_looking_without_reading_gives_nothing(client, alice, sku):
    template_make(sku.store, how="newcomer")
    client.head(reverse("coupons:mine", args=[sku.store.slug]))
    assert sources(alice) == []


def test_a_stranger_reads_of_it_and_gets_none(client, sku):
    template_make(sku.store, how="newcomer")
    page = client.get(reverse("coupons:centre", args=[sku.store.slug])).content.decode()
    assert "没在本店买过的新朋友，登录后打开这一页就送" in page
    client.get(reverse("coupons:mine", args=[sku.store.slug]))
    assert not Coupon.objects.exists()


def test_the_budget_holds_and_nobody_takes_it_by_a_crafted_form(alice, sku):
    template = template_make(sku.store, how="newcomer", total=1)
    with pytest.raises(NotOffered):
        take(template, alice)
    assert greet(sku.store, cast.person())
    assert greet(sku.store, alice) == []
    template.refresh_from_db()
    assert template.taken == 1
    assert cast.broken() == []


def test_what_is_over_is_not_given(alice, sku):
    template = template_make(sku.store, how="newcomer")
    template_end(template_id=template.pk, now=clock.now())
    template_make(sku.store, how="newcomer", publish=False)
    assert greet(sku.store, alice) == []


def test_a_newcomer_is_greeted_once(sku):
    with pytest.raises(TemplateRefused, match="新客只送一次"):
        template_make(sku.store, how="newcomer", limit_per_person=2)


# For the next order.


def received(sku, who):
    order = shipped_make(sku, buyer_id=who.id, address=who.address)
    order_receive(order_id=order.pk, now=clock.now())
    return order


def test_what_was_received_earns_one_for_the_next_order(alice, sku):
    template_make(sku.store, how="repeat", limit_per_person=5)
    template_make(cast.store_open(), how="repeat")
    order = received(sku, alice)
    assert sources(alice) == []
    cast.deliver()
    assert sources(alice) == ["repeat"]
    # The same fact again gives nothing more; the next order does.
    coupon_give_repeat(order_id=order.pk, now=clock.now())
    assert sources(alice) == ["repeat"]
    received(sku, alice)
    cast.deliver()
    assert sources(alice) == ["repeat", "repeat"]
    assert cast.broken() == []


def test_limit_and_budget_hold(alice, sku):
    one = template_make(sku.store, how="repeat", total=1)
    for who in (alice, alice, cast.person()):
        received(sku, who)
        cast.deliver()
    one.refresh_from_db()
    assert (one.taken, Coupon.objects.count()) == (1, 1)


def test_what_was_not_received_earns_nothing(alice, sku):
    template_make(sku.store, how="repeat")
    order = shipped_make(sku, buyer_id=alice.id, address=alice.address)
    assert coupon_give_repeat(order_id=order.pk, now=clock.now()) == []
    assert coupon_give_repeat(order_id=0, now=clock.now()) == []
    assert sources(alice) == []
