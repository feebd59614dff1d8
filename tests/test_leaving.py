"""A person takes a copy of everything and closes the account: who they were goes, the trade stays."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Address, Consent, Session, User, WechatIdentity
from accounts.services import (
    CloseRefused,
    account_close,
    person_from_wechat,
    profile_show_withdraw,
)
from accounts.tests.factories import APPID, address_make
from campaigns.bargain.models import Help
from campaigns.bargain.tests.factories import campaign_make as bargain_campaign_make
from campaigns.bargain.tests.factories import give, launch
from campaigns.groupbuy.models import Member
from catalog.queries import sku_for_sale
from community.models import CodeShowing
from community.services import code_show
from community.tests.factories import code_make, entry_make
from core import clock
from core.people_data import everything_of, held_everywhere
from notices.models import Notice
from orders.models import CartLine, Order, OrderChange
from orders.services import BuyerGone, order_cancel, order_note_add, order_receive
from orders.services.cart import Owner, cart_add
from orders.tests.factories import order_make, paid_make, shipped_make
from payments.models import Payment, Refund
from payments.services import refund_explain
from sharers.models import Reward, Sharer
from sharers.services import payout_record
from sharers.tests.factories import REWARD_FEN, brings, plan_make, released, sharer_make
from sharing.models import Tie, Visit
from sharing.tests.factories import link_make, visit_make
from stores.tests.factories import staff_make
from tests import cast
from wechat.services import OAuthPerson

pytestmark = pytest.mark.django_db

PHONE = "13912340000"
WORD = {"word": "注销"}
WECHAT = OAuthPerson("o-alice", "u-alice", "", "", "snsapi_base", False)


@pytest.fixture
def alice():
    return cast.person("艾丽丝")


def close(person):
    account_close(user_id=person.id, now=clock.now())
    cast.deliver()


def signed_in(person):
    client = Client()
    client.force_login(person.user)
    return client


def received(person):
    order = shipped_make(cast.sku_on_sale(), who=person)
    order_receive(order_id=order.pk, now=clock.now())
    cast.deliver()
    return order


# --- the copy ---
def test_the_copy_holds_what_every_app_knows_decrypted(alice):
    address_make(alice.user, phone=PHONE)
    order = received(alice)
    client = signed_in(alice)
    page = client.get(reverse("accounts:account")).content.decode()
    assert reverse("accounts:download") in page
    answer = client.post(reverse("accounts:download"))
    assert "attachment" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    told = {one["model"]: one["rows"] for one in json.loads(answer.content)["data"]}
    assert PHONE in {row["phone"] for row in told["accounts.address.user"]}
    assert [row["public_id"] for row in told["orders.order.buyer"]] == [order.public_id]
    assert told["orders.order.buyer"][0]["street"] == order.street
    assert told["payments.payment.payer"][0]["amount_fen"] == order.payable_fen


def test_the_copy_holds_nobody_elses(alice):
    order = received(cast.person("鲍勃"))
    told = json.dumps(everything_of(alice.id, now=clock.now()), default=str, ensure_ascii=False)
    assert order.public_id not in told


def test_what_staff_note_for_one_another_is_not_in_the_copy(alice):
    order = received(alice)
    order_note_add(order_id=order.pk, text="挑剔的客人", by_id=None, now=clock.now())
    OrderChange.objects.create(
        store_id=order.store_id,
        order=order,
        kind=OrderChange.Kind.URGED,
        detail="请快点发货",
        at=clock.now(),
    )
    told = json.dumps(everything_of(alice.id, now=clock.now()), default=str, ensure_ascii=False)
    assert "请快点发货" in told
    assert "挑剔的客人" not in told


def test_a_copy_is_for_whoever_is_signed_in_and_asked_for_by_a_form(client, alice):
    assert client.post(reverse("accounts:download")).status_code == 302
    assert signed_in(alice).get(reverse("accounts:download")).status_code == 405


# --- closing ---
def test_who_they_were_is_gone_and_the_trade_stays(alice):
    User.objects.filter(pk=alice.id).update(avatar="https://thirdwx.qlogo.cn/a.png")
    person_from_wechat(person=WECHAT, appid=APPID, current_user_id=alice.id, now=clock.now())
    address_make(alice.user)
    order = received(alice)
    Payment.objects.update(payer_openid="o-alice", payer_ip="203.0.113.9")
    other = signed_in(alice)
    client = signed_in(alice)
    answer = client.post(reverse("accounts:close"), WORD)
    cast.deliver()
    assert answer.status_code == 302
    user = User.objects.get(pk=alice.id)
    assert (user.nickname, user.avatar, user.phone, user.phone_index) == ("", "", "", None)
    assert (user.email, user.is_active, user.has_usable_password()) == (None, False, False)
    assert not WechatIdentity.objects.filter(user=user).exists()
    assert not Address.objects.filter(user=user).exists()
    assert Consent.objects.filter(user=user).exists()
    assert Order.objects.get(buyer=user).public_id == order.public_id
    payment = Payment.objects.get(payer=user)
    assert (payment.payer_openid, payment.payer_ip) == ("", "")
    assert not Session.objects.filter(person_id=alice.id).exists()
    for browser in (client, other):
        assert browser.get(reverse("accounts:account")).status_code == 302
    assert cast.broken() == []


def test_the_same_wechat_signs_up_afresh(alice):
    first = person_from_wechat(
        person=WECHAT, appid=APPID, current_user_id=alice.id, now=clock.now()
    )
    close(alice)
    again = person_from_wechat(person=WECHAT, appid=APPID, current_user_id=None, now=clock.now())
    assert first.user.pk == alice.id
    assert again.is_new and again.user.pk != alice.id


def test_closing_twice_is_closing_once(alice):
    assert account_close(user_id=alice.id, now=clock.now())
    assert not account_close(user_id=alice.id, now=clock.now())


def test_what_upper_apps_hold_goes_or_leads_to_nobody(alice):
    bob = cast.person()
    sku = cast.sku_on_sale()
    visit_make(link_make(bob.user, sku.store), alice.user)
    cart_add(
        owner=Owner(alice.id),
        sku=sku_for_sale(sku.public_id),
        quantity=1,
        form_key="k",
        now=clock.now(),
    )
    give(launch(bargain_campaign_make()), alice)
    Help.objects.update(shows_profile=True)
    code_make(entry := entry_make(sku.store))
    code_show(entry_id=entry.pk, person_id=alice.id, guest="", now=clock.now())
    received(alice)
    assert Notice.objects.filter(user=alice.user).exists()
    assert Tie.objects.exists()
    close(alice)
    assert not Visit.objects.filter(visitor=alice.user).exists()
    assert not Tie.objects.exists()
    assert not CartLine.objects.exists()
    assert not Notice.objects.filter(user=alice.user).exists()
    assert not Help.objects.get().shows_profile
    assert CodeShowing.objects.get().person_id is None
    for held in held_everywhere():
        if not held.kept:
            assert held.rows(alice.id) == [], held.key
    assert cast.broken() == []


def test_a_sharer_who_leaves_shares_for_nobody(alice):
    sku = cast.sku_on_sale()
    plan_make(sku.store)
    sharer = sharer_make(sku.store, alice)
    bob = cast.person()
    brings(sharer, bob)
    order = order_make(sku, who=bob)
    cast.deliver()
    assert Reward.objects.exists()
    close(alice)
    cast.pay(order.public_id)
    cast.deliver()
    row = Sharer.objects.get()
    assert (row.state, row.name, row.frozen_fen) == ("stopped", "—", 0)
    assert not Reward.objects.exists()
    assert cast.broken() == []


# --- refused ---
def refused(person, match):
    with pytest.raises(CloseRefused, match=match):
        account_close(user_id=person.id, now=clock.now())
    assert User.objects.get(pk=person.id).is_active
    page = signed_in(person).get(reverse("accounts:account")).content.decode()
    assert match in page
    assert f'action="{reverse("accounts:close")}"' not in page


@pytest.mark.parametrize("make", [order_make, paid_make, shipped_make])
def test_not_while_an_order_is_unfinished(alice, make):
    make(cast.sku_on_sale(), who=alice)
    refused(alice, "没完成的订单")


def test_not_while_money_is_under_way(alice):
    order = paid_make(cast.sku_on_sale(), who=alice)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    refused(alice, "退款正在处理")


def test_a_refund_that_was_paid_by_another_way_holds_nobody(alice):
    order = paid_make(cast.sku_on_sale(), who=alice)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    refund = Refund.objects.get()
    Refund.objects.update(state="stuck")
    refused(alice, "退款正在处理")
    said = {"explanation": "现金退了", "by_id": alice.id}
    assert refund_explain(refund_id=refund.pk, now=clock.now(), **said)
    close(alice)
    assert not User.objects.get(pk=alice.id).is_active


def test_not_while_a_reward_is_owed(alice):
    sku = cast.sku_on_sale()
    plan_make(sku.store)
    sharer = sharer_make(sku.store, alice)
    bob = cast.person()
    brings(sharer, bob)
    released(sku, bob)
    refused(alice, "分享奖励还没有结清")
    payout_record(
        sharer_id=sharer.pk,
        amount_fen=REWARD_FEN,
        note="",
        by_id=bob.id,
        form_key="k",
        now=clock.now(),
    )
    close(alice)
    assert not User.objects.get(pk=alice.id).is_active


def test_not_while_they_work_in_a_store():
    clerk = staff_make(cast.store_open("枣园"), role="clerk").user
    with pytest.raises(CloseRefused, match="工作人员"):
        account_close(user_id=clerk.pk, now=clock.now())


def test_not_without_the_word(alice):
    answer = signed_in(alice).post(reverse("accounts:close"), {"word": "好"})
    assert answer.status_code == 422
    assert User.objects.get(pk=alice.id).is_active


# --- afterwards ---
def test_a_closed_account_places_no_order(alice):
    sku = cast.sku_on_sale()
    close(alice)
    with pytest.raises(BuyerGone):
        order_make(sku, who=alice)
    assert not Order.objects.exists()


# --- not being shown ---
def joined(person):
    campaign, sku = cast.campaign_make()
    group, _joined = cast.group_open(campaign, sku)
    cast.deliver()
    cast.join(group.public_id, sku, person, shows_profile=True)


def test_joining_writes_the_consent_and_taking_it_back_hides_every_face(alice):
    joined(alice)
    given = Consent.objects.get(user=alice.user, document="group_profile")
    assert given.withdrawn_at is None
    client = signed_in(alice)
    assert "你同意过" in client.get(reverse("accounts:account")).content.decode()
    assert client.post(reverse("accounts:hide")).status_code == 302
    cast.deliver()
    given.refresh_from_db()
    assert given.withdrawn_at is not None
    assert not Member.objects.get(user=alice.user).shows_profile
    assert "你同意过" not in client.get(reverse("accounts:account")).content.decode()


def test_a_consent_that_was_taken_back_may_be_given_again(alice):
    joined(alice)
    profile_show_withdraw(user_id=alice.id, now=clock.now())
    cast.deliver()
    joined(alice)
    rows = Consent.objects.filter(user=alice.user, document="group_profile").order_by("pk")
    assert [row.withdrawn_at is None for row in rows] == [False, True]
