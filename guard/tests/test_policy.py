"""What WeChat's policy bans is left out inside WeChat, unless the store answers for it: one rule."""

import pytest
from django.urls import reverse

from campaigns.bargain.services import helping_allowed
from guard.models import WechatRisk
from guard.policy import wechat_allows
from sharers.tests.factories import plan_make, sharer_make
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db

AGENT = {"User-Agent": "Mozilla/5.0 MicroMessenger/8.0.50"}


@pytest.fixture(autouse=True)
def strict(settings):
    settings.WECHAT_SHARE_POLICY = "strict"


def accept(client, store):
    client.force_login(staff_make(store).user)
    client.post(reverse("admin:guard_wechatrisk_add"), {})


def test_only_inside_wechat_and_only_under_the_strict_policy(settings):
    store = cast.store_open()
    assert not wechat_allows(store_id=store.pk, in_wechat=True)
    assert wechat_allows(store_id=store.pk, in_wechat=False)
    assert wechat_allows(store_id=store.pk, in_wechat=True, is_answered=True)
    settings.WECHAT_SHARE_POLICY = "open"
    assert wechat_allows(store_id=store.pk, in_wechat=True)


def test_the_owner_answers_for_the_store_alone_and_takes_it_back(client):
    store, other = cast.store_open("枣园"), cast.store_open("陶坊")
    accept(client, store)
    row = WechatRisk.objects.get()
    assert (row.store_id, row.by.staff_of.store_id) == (store.pk, store.pk)
    assert wechat_allows(store_id=store.pk, in_wechat=True)
    assert not wechat_allows(store_id=other.pk, in_wechat=True)
    assert client.get(reverse("admin:guard_wechatrisk_add")).status_code == 403
    client.post(reverse("admin:guard_wechatrisk_delete", args=[row.pk]), {"post": "yes"})
    assert not wechat_allows(store_id=store.pk, in_wechat=True)


def test_a_clerk_answers_for_nothing(client):
    store = cast.store_open()
    client.force_login(staff_make(store, role="clerk").user)
    assert client.post(reverse("admin:guard_wechatrisk_add"), {}).status_code == 403
    assert not WechatRisk.objects.exists()


def test_it_holds_for_helping_and_for_rewards_alike(client):
    store = cast.store_open()
    plan_make(store)
    who = cast.person()
    sharer_make(store, who)
    address = f"/store/{store.slug}/sharer/"
    known = {"store_id": store.pk, "risk_accepted": False, "in_wechat": True}
    client.force_login(who.user)
    assert "可结算" not in client.get(address, headers=AGENT).content.decode()
    assert not helping_allowed(**known)
    accept(client, store)
    client.force_login(who.user)
    assert "可结算" in client.get(address, headers=AGENT).content.decode()
    assert helping_allowed(**known)
