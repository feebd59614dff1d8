"""Two accounts of one person become one: what either of them kept is the person's."""

import pytest
from allauth.account.models import EmailAddress

from accounts.models import User
from accounts.queries import verified_email_of
from accounts.services import person_from_wechat
from accounts.tests.factories import APPID, user_make
from campaigns.flash.models import FlashReminder
from campaigns.flash.tests.factories import offer_make
from core import clock
from notices.models import Notice, NoticePreference
from notices.services import Ways, preferences_save, ways_of
from orders.models import CartLine
from orders.tests.factories import deliver, order_make, person, sku_on_sale
from sharing.arrivals import arrival_record
from sharing.models import Arrival, ShareLink, Tie, Visit
from sharing.tests.factories import link_make, visit_make
from tests.cast import broken
from wechat.services import OAuthPerson

pytestmark = pytest.mark.django_db


def comes(openid: str, *, current: User | None = None) -> User:
    """The person signs in by WeChat, perhaps in a browser where an account is in use."""
    told = OAuthPerson(openid, "", "", "", "snsapi_base", False)
    return person_from_wechat(
        person=told,
        appid=APPID,
        current_user_id=current.pk if current else None,
        now=clock.now(),
    ).user


@pytest.fixture
def bob():
    """Bob's account by WeChat, which has an order and stays."""
    user = comes("o-bob")
    order_make(buyer_id=user.pk)
    return user


@pytest.fixture
def second():
    """Bob's account by phone, in use in a browser: nothing in it is worth money."""
    return user_make(phone="auto", phone_verified_at=clock.now())


def fold(bob, second):
    assert comes("o-bob", current=second) == bob
    deliver()


def cart_put(user, sku, quantity):
    return CartLine.objects.create(
        user=user,
        store=sku.store,
        sku=sku,
        quantity=quantity,
        seen_fen=sku.price_fen,
        added_at=clock.now(),
    )


def test_the_carts_are_poured_together(bob, second):
    both, only = sku_on_sale(), sku_on_sale()
    cart_put(bob, both, 1)
    cart_put(second, both, 2)
    cart_put(second, only, 4)
    fold(bob, second)
    rows = CartLine.objects.values_list("user_id", "sku_id", "quantity").order_by("sku_id")
    assert list(rows) == [(bob.pk, both.pk, 3), (bob.pk, only.pk, 4)]


def test_who_opened_a_card_before_is_still_brought_by_it(bob, second):
    card = link_make()
    visit_make(card, second)
    visit_make(card, bob)
    fold(bob, second)
    assert list(Visit.objects.values_list("visitor_id", "count")) == [(bob.pk, 2)]
    assert {card.sharer_id, bob.pk} == set(Tie.objects.values_list("low_id", "high_id").get())
    assert broken() == []


def test_links_go_on_counting_even_two_to_one_page(bob, second):
    first, shared = link_make(bob, ref="pro_one"), link_make(second, ref="pro_one")
    other = link_make(second, ref="pro_two")
    fold(bob, second)
    assert set(ShareLink.objects.values_list("sharer_id", flat=True)) == {bob.pk}
    assert link_make(bob, ref="pro_one") == first
    assert link_make(bob, ref="pro_two") == other
    guest = visit_make(shared)
    assert guest.link.sharer_id == bob.pk


def test_nobody_is_brought_by_themselves(bob, second):
    visit_make(link_make(second), bob)
    visit_make(link_make(bob), second)
    assert Tie.objects.count() == 1
    fold(bob, second)
    assert not Visit.objects.exists()
    assert not Tie.objects.exists()
    assert broken() == []


def test_choices_reminders_and_searches_come_along(bob, second):
    offers = [offer_make(), offer_make()]
    for who, offer in ((bob, offers[0]), (second, offers[0]), (second, offers[1])):
        FlashReminder.objects.create(store=offer.store, offer=offer, user=who, asked_at=clock.now())
    chosen = {"refund": Ways(wechat=False, email=True), "shipping": Ways(wechat=True, email=False)}
    preferences_save(user_id=second.pk, chosen=chosen, now=clock.now())
    NoticePreference.objects.create(user=bob, topic="refund", wechat=True, email=False)
    arrival_record(
        source="search",
        store_id=offers[0].store_id,
        visitor_id=second.pk,
        guest="",
        now=clock.now(),
    )
    fold(bob, second)
    fold(bob, second)
    assert FlashReminder.objects.filter(user=bob).count() == 2
    assert ways_of(bob.pk, "refund") == Ways(wechat=True, email=False)
    assert ways_of(bob.pk, "shipping") == Ways(wechat=True, email=False)
    assert Arrival.objects.get(source="search").visitor_id == bob.pk


def test_an_address_that_was_proved_stays_proved(bob, second):
    second.email = "bob@example.com"
    second.save()
    EmailAddress.objects.create(user=second, email=second.email, verified=True, primary=True)
    fold(bob, second)
    assert verified_email_of(bob.pk) == "bob@example.com"
    bob.refresh_from_db()
    assert bob.email == "bob@example.com"


def test_messages_told_to_both_are_told_once(bob, second):
    store = sku_on_sale().store
    for who, key in ((bob, "a"), (second, "a"), (second, "b")):
        Notice.objects.create(
            store=store,
            user=who,
            kind="paid",
            key=key,
            title="t",
            body="b",
            path="/",
            made_at=clock.now(),
        )
    fold(bob, second)
    assert sorted(Notice.objects.filter(user=bob).values_list("key", flat=True)) == ["a", "b"]


def test_strangers_keep_what_is_theirs(bob, second):
    stranger, sku = person().user, sku_on_sale()
    cart_put(stranger, sku, 1)
    card = link_make()
    visit_make(card, stranger)
    fold(bob, second)
    assert CartLine.objects.get().user_id == stranger.pk
    assert Visit.objects.get().visitor_id == stranger.pk
