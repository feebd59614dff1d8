"""Becoming a sharer, the showcase, and their pages."""

from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from sharers.models import Sharer, SharerPlan, ShowcaseItem
from sharers.services import (
    SharerRefused,
    sharer_apply,
    sharer_approve,
    sharer_decline,
    sharer_stop,
    showcase_add,
    showcase_drop,
)
from sharers.services import people as service
from sharers.tests.factories import plan_make, sharer_make
from sharing.models import ShareLink, Visit
from sharing.tests.factories import link_make
from sharing.windows import window_choose
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku():
    return cast.sku_on_sale()


@pytest.fixture
def plan(sku):
    return plan_make(sku.store, takes_everybody=False)


@pytest.fixture
def who():
    return cast.person("张姐")


def apply(sku, who):
    return sharer_apply(
        store_id=sku.store_id, person_id=who.id, name="好物", intro="", now=clock.now()
    )


def test_the_merchant_decides(sku, plan, who):
    sharer = apply(sku, who)
    assert sharer.state == "applied"
    assert sharer_approve(sharer_id=sharer.pk, now=clock.now())
    assert not sharer_approve(sharer_id=sharer.pk, now=clock.now())
    assert sharer_stop(sharer_id=sharer.pk, now=clock.now())
    assert not sharer_stop(sharer_id=sharer.pk, now=clock.now())
    with pytest.raises(SharerRefused, match="联系商家"):
        apply(sku, who)
    assert sharer_approve(sharer_id=sharer.pk, now=clock.now())
    sharer.refresh_from_db()
    assert (sharer.state, sharer.stopped_at) == ("active", None)


def test_who_was_declined_can_still_be_taken(sku, plan, who):
    sharer = apply(sku, who)
    assert sharer_decline(sharer_id=sharer.pk, now=clock.now())
    assert not sharer_decline(sharer_id=sharer.pk, now=clock.now())
    with pytest.raises(SharerRefused, match="没有通过你的申请"):
        apply(sku, who)
    assert sharer_approve(sharer_id=sharer.pk, now=clock.now())
    assert not sharer_decline(sharer_id=sharer.pk, now=clock.now())
    sharer.refresh_from_db()
    assert (sharer.state, sharer.stopped_at) == ("active", None)


def test_a_plan_that_takes_everybody_does_so_at_once(sku, who):
    plan_make(sku.store)
    assert apply(sku, who).state == "active"


def test_asking_twice_is_asking_once(sku, plan, who):
    assert apply(sku, who).pk == apply(sku, who).pk


def test_a_store_without_a_plan_takes_nobody(sku, who):
    with pytest.raises(SharerRefused, match="不招募"):
        apply(sku, who)


# --- the showcase ---
@pytest.fixture
def sharer(sku, plan, who):
    return sharer_make(sku.store, who)


def add(sharer, sku, note=""):
    showcase_add(sharer_id=sharer.pk, product_ref=sku.product.public_id, note=note, now=clock.now())


def test_a_product_is_recommended_once(sharer, sku):
    add(sharer, sku, "甜")
    add(sharer, sku, "真甜")
    assert [item.note for item in sharer.items.all()] == ["真甜"]
    assert showcase_drop(sharer_id=sharer.pk, product_ref=sku.product.public_id)
    assert not showcase_drop(sharer_id=sharer.pk, product_ref=sku.product.public_id)


def test_only_what_the_store_sells(sharer):
    for ref in (cast.sku_on_sale().product.public_id, "pro_none"):
        with pytest.raises(SharerRefused, match="不能加入"):
            showcase_add(sharer_id=sharer.pk, product_ref=ref, note="", now=clock.now())
    assert not ShowcaseItem.objects.exists()


def test_a_showcase_has_room_for_so_many(sharer, sku, monkeypatch):
    monkeypatch.setattr(service, "SHOWCASE_MAX", 1)
    add(sharer, sku)
    add(sharer, sku, "again")
    with pytest.raises(SharerRefused, match="最多放 1 件"):
        add(sharer, cast.sku_on_sale(sku.store))


def test_whoever_is_stopped_keeps_but_does_not_change_it(sharer, sku):
    sharer_stop(sharer_id=sharer.pk, now=clock.now())
    with pytest.raises(SharerRefused, match="通过"):
        add(sharer, sku)


# --- pages ---
def test_the_showcase_is_public_and_its_links_are_the_sharers(client, sharer, sku, who):
    add(sharer, sku, "真甜")
    page = client.get(f"/x/{sharer.public_id}/")
    text = page.content.decode()
    link = ShareLink.objects.get(sharer=who.user)
    assert "真甜" in text
    assert f"/p/{sku.product.public_id}/?s={link.token}" in text
    assert "public" in page["Cache-Control"]
    assert "%" not in page.context["showcase"].intro


def test_coming_from_a_showcase_is_a_visit(client, sharer, sku, who):
    add(sharer, sku)
    client.get(f"/x/{sharer.public_id}/")
    link = ShareLink.objects.get(sharer=who.user)
    bob = cast.person()
    client.force_login(bob.user)
    client.get(f"/p/{sku.product.public_id}/mine/?s={link.token}")
    assert Visit.objects.get(link=link).visitor_id == bob.id
    assert link.channel == "showcase"


def test_whoever_walks_on_from_a_showcase_still_came_by_the_card(client, sharer, sku, who):
    """A friend's card leads to the showcase, whose own links say nothing about how one came."""
    add(sharer, sku)
    card = link_make(
        who.user, sku.store, target_kind="showcase", ref=sharer.public_id, channel="friend"
    )
    client.get(f"/x/{sharer.public_id}/")
    inside = ShareLink.objects.get(sharer=who.user, channel="showcase")
    bob = cast.person()
    client.force_login(bob.user)
    client.get(f"/x/{sharer.public_id}/mine/?s={card.token}")
    client.get(f"/p/{sku.product.public_id}/mine/?s={inside.token}")
    visit = Visit.objects.get()
    assert (visit.link, visit.count) == (card, 2)
    # The card of a guest, too; and what was opened too long ago is not how one came today.
    guest = Client()
    guest.get(f"/x/{sharer.public_id}/mine/?s={card.token}")
    guest.get(f"/p/{sku.product.public_id}/mine/?s={inside.token}")
    assert not Visit.objects.filter(link=inside).exists()
    before = clock.now() - timedelta(days=7)
    Visit.objects.update(first_at=before, last_at=before)
    client.get(f"/p/{sku.product.public_id}/mine/?s={inside.token}")
    assert Visit.objects.get(link=inside).visitor_id == bob.id


def test_somebody_elses_card_does_not_get_what_a_showcase_brings(client, sharer, sku, who):
    add(sharer, sku)
    other = link_make(store=sku.store)
    client.get(f"/x/{sharer.public_id}/")
    inside = ShareLink.objects.get(sharer=who.user, channel="showcase")
    bob = cast.person()
    client.force_login(bob.user)
    client.get(f"/p/{sku.product.public_id}/mine/?s={other.token}")
    client.get(f"/p/{sku.product.public_id}/mine/?s={inside.token}")
    assert Visit.objects.get(link=inside).visitor_id == bob.id
    assert Visit.objects.get(link=other).count == 1


def test_the_card_of_a_showcase(client, sharer, sku):
    add(sharer, sku)
    page = client.get(f"/x/{sharer.public_id}/mine/")
    assert page.context["card"].title == sharer.name


def test_a_stopped_sharer_has_no_showcase(client, sharer):
    sharer_stop(sharer_id=sharer.pk, now=clock.now())
    assert client.get(f"/x/{sharer.public_id}/").status_code == 404


def test_the_desk_wants_a_person(client, plan, sku):
    assert client.get(f"/store/{sku.store.slug}/sharer/").status_code == 302


def test_somebody_applies(client, plan, sku, who):
    client.force_login(who.user)
    address = f"/store/{sku.store.slug}/sharer/"
    page = client.get(address).content.decode()
    assert "5%" in page
    assert "没有下级" in page
    assert "分享后 7 天内下单才算" in page
    window_choose(store_id=sku.store_id, days=15, now=clock.now())
    assert "分享后 15 天内下单才算" in client.get(address).content.decode()
    refused = client.post(address, {"name": "", "intro": "枣"})
    assert refused.status_code == 422
    assert 'value="枣"' in refused.content.decode()
    assert client.post(address, {"name": "张姐的好物"}).status_code == 302
    assert "申请已提交" in client.get(address).content.decode()
    assert Sharer.objects.get().name == "张姐的好物"


@pytest.mark.parametrize("action", ["decline", "stop"])
def test_who_is_declined_reads_that_and_not_that_sharing_ended(client, plan, sku, who, action):
    """The office counts who waits; either of its actions that says no is an answer."""
    apply(sku, who)
    staff = Client()
    staff.force_login(staff_make(sku.store).user)

    def waiting():
        tiles = staff.get("/office/").context["tiles"]
        (found,) = [one for one in tiles if str(one.label) == "分享员申请"]
        return found.value, found.is_urgent, found.link

    assert waiting() == ("1", True, "/office/sharers/sharer/?state__exact=applied")
    assert "好物" in staff.get(waiting()[2]).content.decode()
    sent = {"action": action, "_selected_action": [Sharer.objects.get().pk]}
    staff.post("/office/sharers/sharer/", sent)
    assert waiting()[:2] == ("0", False)
    client.force_login(who.user)
    address = f"/store/{sku.store.slug}/sharer/"
    page = client.get(address).content.decode()
    assert "商家没有通过这次申请" in page
    assert "分享已停止" not in page and "停止分享" not in page


def test_who_gave_up_asking_does_not_read_that_the_store_said_no(client, plan, sku, who):
    apply(sku, who)
    client.force_login(who.user)
    address = f"/store/{sku.store.slug}/sharer/"
    client.post(f"{address}stop/")
    page = client.get(address).content.decode()
    assert "这次申请已经结束" in page
    assert "没有通过" not in page and "已有的奖励照常结算" not in page


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ({"name": "邀请有礼小店"}, "橱窗名里的“邀请有礼”"),
        (
            {"name": "张姐的好物", "intro": "转发我的橱窗返10元"},
            "一句话介绍里的“转发我的橱窗返10元”",
        ),
        ({"name": "全网第一的张姐"}, "橱窗名里的“全网第一”"),
    ],
)
def test_a_name_and_an_intro_that_the_rules_object_to_are_refused(
    client, plan, sku, who, words, refused
):
    client.force_login(who.user)
    address = f"/store/{sku.store.slug}/sharer/"
    answer = client.post(address, words)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert refused in text and f'value="{words["name"]}"' in text
    assert not Sharer.objects.exists()


def test_a_note_that_the_rules_object_to_is_refused(client, sharer, sku, who):
    client.force_login(who.user)
    sent = {"product": sku.product.public_id, "note": "分享给朋友，立减5元"}
    answer = client.post(f"/store/{sku.store.slug}/sharer/item/", sent, follow=True)
    text = answer.content.decode()
    assert "推荐语里的“分享给朋友，立减5元”" in text and "请改掉这句话" in text
    assert not ShowcaseItem.objects.exists()


def test_a_sharer_fills_the_showcase(client, sharer, sku, who):
    client.force_login(who.user)
    address = f"/store/{sku.store.slug}/sharer/"
    client.post(f"{address}item/", {"product": sku.product.public_id, "note": "真甜"})
    assert "真甜" in client.get(address).content.decode()
    client.post(f"{address}item/", {"product": sku.product.public_id, "drop": "1"})
    assert not ShowcaseItem.objects.exists()


def test_a_sharer_stops_by_themselves(client, sharer, sku, who):
    client.force_login(who.user)
    address = f"/store/{sku.store.slug}/sharer/"
    assert f'action="{address}stop/"' in client.get(address).content.decode()
    assert client.get(f"{address}stop/").status_code == 405
    page = client.post(f"{address}stop/", follow=True).content.decode()
    sharer.refresh_from_db()
    assert sharer.state == "stopped"
    assert "已有的奖励照常结算" in page and f'action="{address}stop/"' not in page
    assert client.get(f"/x/{sharer.public_id}/").status_code == 404


def test_nobody_stops_somebody_else(client, sharer, sku):
    client.force_login(cast.person().user)
    client.post(f"/store/{sku.store.slug}/sharer/stop/")
    sharer.refresh_from_db()
    assert sharer.state == "active"


def test_nobody_fills_the_showcase_of_somebody_else(client, sharer, sku):
    client.force_login(cast.person().user)
    address = f"/store/{sku.store.slug}/sharer/item/"
    client.post(address, {"product": sku.product.public_id})
    assert not ShowcaseItem.objects.exists()


def test_inside_wechat_a_strict_shop_shows_no_reward(client, sharer, sku, who, settings):
    client.force_login(who.user)
    address = f"/store/{sku.store.slug}/sharer/"
    agent = {"User-Agent": "Mozilla/5.0 MicroMessenger/8.0.50"}
    settings.WECHAT_SHARE_POLICY = "strict"
    assert "可结算" not in client.get(address, headers=agent).content.decode()
    SharerPlan.objects.update(terms="每单返十元")
    newcomer = cast.person()
    client.force_login(newcomer.user)
    assert "每单返十元" not in client.get(address, headers=agent).content.decode()
    assert "每单返十元" in client.get(address).content.decode()
    client.force_login(who.user)
    assert "可结算" in client.get(address).content.decode()
    settings.WECHAT_SHARE_POLICY = "open"
    assert "可结算" in client.get(address, headers=agent).content.decode()
