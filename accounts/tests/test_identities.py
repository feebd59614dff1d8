"""Identities link only when nothing of value would move; snapshots are never stored."""

import pytest

from accounts.models import Address, Consent, IdentityConflict, User, WechatIdentity
from accounts.queries import openid_of
from accounts.services import (
    AccountDisabled,
    SnapshotRefused,
    holds_value,
    office_access_set,
    person_from_wechat,
)
from accounts.tests.factories import APPID, address_make, phone_make, user_make
from core import clock
from orders.models import Order
from stores.tests.factories import store_make
from wechat.services import OAuthPerson

pytestmark = pytest.mark.django_db


def person(openid="o-alice", unionid="", *, is_snapshot=False) -> OAuthPerson:
    return OAuthPerson(
        openid=openid,
        unionid=unionid,
        nickname="",
        avatar="",
        scope="snsapi_base",
        is_snapshot=is_snapshot,
    )


def come(openid="o-alice", unionid="", *, current: User | None = None, appid=APPID):
    return person_from_wechat(
        person=person(openid, unionid),
        appid=appid,
        current_user_id=current.pk if current else None,
        now=clock.now(),
    )


def phone_user(**fields) -> User:
    return user_make(phone=phone_make(), phone_verified_at=clock.now(), **fields)


def order_of(user: User) -> Order:
    """A row of value: something an upper app protects."""
    return Order.objects.create(
        store=store_make(),
        buyer=user,
        goods_fen=1,
        payable_fen=1,
        recipient="王小明",
        phone="13812345678",
        phone_index="x",
        region="山西省",
        street="滨河路 8 号",
        placed_at=clock.now(),
        pay_before=clock.now(),
    )


def test_a_newcomer_gets_an_account_and_is_known_the_second_time():
    first, second = come(), come()
    assert (first.is_new, second.is_new) == (True, False)
    assert first.user == second.user
    assert openid_of(first.user.pk, APPID) == "o-alice"
    assert openid_of(first.user.pk, "wx-other") is None


def test_a_snapshot_person_is_never_stored():
    with pytest.raises(SnapshotRefused, match="使用完整服务"):
        person_from_wechat(
            person=person(is_snapshot=True), appid=APPID, current_user_id=None, now=clock.now()
        )
    assert not WechatIdentity.objects.exists()
    assert not User.objects.exists()


def test_a_new_openid_joins_the_account_that_is_signed_in():
    alice = phone_user()
    order_of(alice)
    found = come(current=alice)
    assert (found.user, found.is_new, found.conflict) == (alice, False, False)
    assert openid_of(alice.pk, APPID) == "o-alice"


def test_a_unionid_finds_the_account_at_another_appid():
    alice = come(unionid="u-alice", appid="wx-other").user
    found = come("o-alice-2", unionid="u-alice")
    assert (found.user, found.is_new) == (alice, False)
    assert alice.wechat_identities.count() == 2


def test_a_unionid_that_comes_later_is_kept():
    alice = come().user
    come(unionid="u-alice")
    assert alice.wechat_identities.get().unionid == "u-alice"
    come()
    assert alice.wechat_identities.get().unionid == "u-alice"


def test_an_empty_wechat_account_joins_the_phone_account_in_use():
    empty, alice = come().user, phone_user(nickname="爱丽丝")
    order_of(alice)
    found = come(current=alice)
    assert (found.user, found.joined, found.conflict) == (alice, True, False)
    assert openid_of(alice.pk, APPID) == "o-alice"
    empty.refresh_from_db()
    assert not empty.is_active


def test_an_empty_phone_account_joins_the_wechat_account_with_orders():
    alice, empty = come().user, phone_user()
    address_make(alice, street="老地址 1 号院")
    moved = address_make(empty, street="新地址 2 号院")
    order_of(alice)
    phone = empty.phone
    found = come(current=empty)
    assert (found.user, found.joined) == (alice, True)
    alice.refresh_from_db()
    empty.refresh_from_db()
    assert (alice.phone, alice.phone_index) == (phone, User.index_phone(phone))
    assert alice.phone_verified_at is not None
    assert (empty.phone, empty.phone_index, empty.is_active) == ("", None, False)
    assert Address.objects.filter(user=alice, removed_at=None).count() == 2
    assert Address.objects.get(user=alice, is_default=True).pk != moved.pk
    assert Consent.objects.filter(user=alice).count() == 2


def test_a_number_that_was_only_claimed_does_not_come_along():
    alice, empty = come().user, user_make(phone=phone_make())
    order_of(alice)
    come(current=empty)
    alice.refresh_from_db()
    assert alice.phone == ""


def test_two_accounts_with_orders_both_stay_and_staff_decide():
    wechat, phone = come().user, phone_user()
    order_of(wechat)
    order_of(phone)
    for _ in range(2):
        found = come(current=phone)
        assert (found.user, found.joined, found.conflict) == (phone, False, True)
    assert openid_of(wechat.pk, APPID) == "o-alice"
    assert openid_of(phone.pk, APPID) is None
    conflict = IdentityConflict.objects.get()
    assert {conflict.kept, conflict.other} == {wechat, phone}
    assert User.objects.filter(is_active=True).count() == 2


def test_a_unionid_that_shows_two_valued_accounts_are_one_person_is_a_conflict():
    one = come("o-1", unionid="u-alice", appid="wx-other").user
    two = come("o-2").user
    order_of(one)
    order_of(two)
    found = come("o-2", unionid="u-alice")
    assert (found.user, found.conflict) == (two, True)
    assert IdentityConflict.objects.count() == 1


def test_a_unionid_that_comes_later_joins_an_empty_account():
    one = come("o-1", unionid="u-alice", appid="wx-other").user
    order_of(one)
    two = come("o-2").user
    found = come("o-2", unionid="u-alice")
    assert (found.user, found.joined) == (one, True)
    assert (openid_of(one.pk, APPID), openid_of(two.pk, APPID)) == ("o-2", None)


def test_another_wechat_in_the_same_browser_is_another_person():
    alice = come("o-alice").user
    bob = come("o-bob", current=alice)
    assert bob.is_new
    assert bob.user != alice
    assert not IdentityConflict.objects.exists()


def test_two_wechats_of_one_appid_never_merge_even_when_empty():
    come("o-1", unionid="u-1").user  # noqa: B018
    come("o-2")
    found = come("o-2", unionid="u-1")
    assert found.conflict
    assert User.objects.filter(is_active=True).count() == 2


def test_a_closed_account_is_not_entered_by_wechat():
    alice = come().user
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(AccountDisabled, match="已停用"):
        come()


def test_a_session_of_a_closed_account_counts_for_nothing():
    gone = phone_user(is_active=False)
    found = come(current=gone)
    assert found.is_new


@pytest.mark.parametrize("what", ["nothing", "order", "office"])
def test_what_counts_as_value(what):
    user = come().user
    address_make(user)
    if what == "order":
        order_of(user)
    elif what == "office":
        office_access_set(user_id=user.pk, allowed=True)
        user.refresh_from_db()
    assert holds_value(user) == (what != "nothing")


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_the_same_newcomer_twice_at_once_is_one_account():
    from catalog.tests.test_stock_race import at_once

    users = at_once(lambda number: come("o-twice", unionid="u-twice").user.pk, 8)
    assert len(set(users)) == 1
    assert User.objects.count() == 1
