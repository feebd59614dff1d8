"""The spread of a campaign: its product and its groups, bargains or slots together, by title."""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import localtime

from accounts.tests.factories import user_make
from campaigns.bargain.tests.factories import campaign_make as bargain_campaign_make
from campaigns.bargain.tests.factories import launch
from campaigns.flash.models import FlashCampaign
from campaigns.flash.tests.factories import offer_make, over
from campaigns.groupbuy.services import campaign_end
from campaigns.groupbuy.tests.factories import campaign_make, group_open
from core import clock
from office.spreads import spread_view
from orders.tests.factories import buy, deliver, pay, person, sku_on_sale, store_open
from sharing.models import Arrival, AttributionWindow
from sharing.tests.factories import link_make, visit_make
from sharing.windows import windows_of
from stores.models import StoreStaff
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db

PAGE = "/office/spread/"
WINDOW = "/office/spread/window/"


def view(store, chosen=""):
    now = clock.now()
    return spread_view(store.pk, chosen=chosen, since=now - timedelta(days=30), now=now)


def test_a_campaign_is_its_product_and_all_of_its_groups():
    campaign, sku = campaign_make()
    store, product = campaign.store, sku.product
    groups = [group_open(campaign, sku)[0] for _ in range(2)]
    alice = user_make()
    visit_make(link_make(alice, store, ref=product.public_id), user_make())
    for group in groups:
        group_link = link_make(alice, store, ref=group.public_id, target_kind="group")
        visit_make(group_link, user_make())
    visit_make(link_make(alice, store), user_make())
    found = view(store, campaign.public_id)
    assert found.chosen == campaign.public_id
    assert found.spread.people == 4
    assert view(store).spread.people == 5
    (choice,) = found.campaigns
    assert choice.label.startswith(f"拼团 · {product.title} · ")
    assert f"商品 · {product.title}" in [one.label for one in found.pages]
    assert not [one for one in found.pages if one.key in {group.public_id for group in groups}]


def test_a_bargain_and_a_flash_sale_are_campaigns_too():
    bargain = launch(bargain_campaign_make())
    store = bargain.store
    visit_make(
        link_make(user_make(), store, ref=bargain.public_id, target_kind="bargain"), user_make()
    )
    found = view(store, bargain.campaign.public_id)
    assert found.spread.people == 2
    assert found.campaigns[0].label.startswith("砍价 · ")
    offer = offer_make()
    visit_make(link_make(user_make(), offer.store, ref=offer.sku.product.public_id), user_make())
    visit_make(
        link_make(user_make(), offer.store, ref=offer.public_id, target_kind="flash"), user_make()
    )
    found = view(offer.store, offer.campaign.public_id)
    assert found.spread.people == 4
    assert found.campaigns[0].label.startswith("秒杀 · ")


def test_what_was_opened_before_a_campaign_is_not_its_doing():
    campaign, sku = campaign_make(starts_at=clock.now() - timedelta(days=2))
    link = link_make(user_make(), campaign.store, ref=sku.product.public_id)
    visit_make(link, user_make(), at=clock.now() - timedelta(days=3))
    assert view(campaign.store, campaign.public_id).spread.people == 0
    assert view(campaign.store, sku.product.public_id).spread.people == 2


def test_two_campaigns_one_after_the_other_are_told_apart():
    turn = clock.now() - timedelta(days=10)
    campaign, sku = campaign_make(starts_at=turn - timedelta(days=10))
    group = group_open(campaign, sku)[0]
    campaign_end(campaign_id=campaign.pk, now=turn)
    later = bargain_campaign_make(sku=sku, starts_at=turn)
    goods = link_make(user_make(), campaign.store, ref=sku.product.public_id)
    for days in (-5, 3, 5):
        visit_make(goods, user_make(), at=turn + timedelta(days=days))
    found = view(campaign.store, campaign.public_id)
    assert (found.spread.people, found.until) == (2, turn)
    # Its groups run on.
    own = link_make(user_make(), campaign.store, ref=group.public_id, target_kind="group")
    visit_make(own, user_make(), at=turn + timedelta(days=1))
    assert view(campaign.store, campaign.public_id).spread.people == 4
    found = view(campaign.store, later.public_id)
    assert (found.spread.people, found.until) == (3, None)


def test_a_flash_sale_is_over_with_its_slot():
    offer = offer_make()
    FlashCampaign.objects.update(published_at=clock.now() - timedelta(days=1))
    over(offer)
    goods = link_make(user_make(), offer.store, ref=offer.sku.product.public_id)
    own = link_make(user_make(), offer.store, ref=offer.public_id, target_kind="flash")
    visit_make(goods, user_make())
    found = view(offer.store, offer.campaign.public_id)
    assert (found.spread.people, found.until) == (0, offer.campaign.ends_at)
    visit_make(goods, user_make(), at=clock.now() - timedelta(hours=1))
    visit_make(own, user_make())
    assert view(offer.store, offer.campaign.public_id).spread.people == 4


def test_another_stores_campaign_is_not_to_be_chosen():
    campaign, _sku = campaign_make()
    found = view(store_open(), campaign.public_id)
    assert (found.chosen, found.campaigns) == ("", ())


def test_the_page_shows_the_own_store_alone(client):
    store = store_open()
    link = link_make(user_make(nickname="爱丽丝"), store)
    visit_make(link, person().user)
    client.force_login(staff_make(store).user)
    text = client.get(PAGE, {"of": link.target_ref, "days": "7"}).content.decode()
    assert "传到 2 人" in text and "爱**" in text and "<svg" in text
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", text[text.index("第几层") :])
    assert cells == ["0", "1", "1", "0", "1", "1", "—", "0"]
    client.force_login(staff_make(store_open()).user)
    assert "爱**" not in client.get(PAGE, {"of": link.target_ref}).content.decode()


def test_the_picture_leads_from_everybody_who_brought_somebody_to_whom_they_brought(client):
    """Three levels: Alice brought Bob, Cara and a guest, Bob two and Cara one, Dan a guest."""
    campaign, sku = campaign_make()
    alice, bob, cara, dan = (user_make(nickname=name) for name in ("爱丽", "小波", "卡拉", "阿丹"))
    brought = [(alice, bob), (alice, cara), (alice, None), (bob, dan), (bob, user_make())]
    for sharer, visitor in [*brought, (cara, user_make()), (dan, None)]:
        visit_make(link_make(sharer, campaign.store, ref=sku.product.public_id), visitor)
    # Of another page, and so not in it.
    visit_make(link_make(user_make(nickname="赵六"), campaign.store), user_make())
    client.force_login(staff_make(campaign.store).user)
    text = client.get(PAGE, {"of": campaign.public_id}).content.decode()
    (drawn,) = re.findall(r'<svg[^>]*aria-label="传播图：.*?</svg>', text, re.DOTALL)
    lines = re.findall(r'<line x1="(\d+)" y1="(\d+)" x2="(\d+)" y2="(\d+)"', drawn)
    assert [tuple(map(int, line)) for line in lines] == [
        (40, 30, 190, 30),  # Alice to Bob, who brought more and so is above
        (40, 30, 190, 64),  # Alice to Cara
        (190, 30, 340, 30),  # Bob to Dan
    ]
    circles = re.findall(r'<circle cx="(\d+)" cy="(\d+)" r="(\d+)"', drawn)
    assert [tuple(map(int, circle)) for circle in circles] == [
        (40, 30, 9),
        (190, 30, 6),
        (190, 64, 6),
        (340, 30, 6),
    ]
    names = re.findall(r'<text x="(\d+)" y="(\d+)"[^>]*>([^<]*)<', drawn)
    assert names == [
        ("56", "34", "爱* +3"),
        ("206", "34", "小* +2"),
        ("206", "68", "卡* +1"),
        ("356", "34", "阿* +1"),
    ]
    assert 'width="500" height="128" viewBox="0 0 500 128"' in drawn


def test_what_is_chosen_is_said_where_it_counts(client, monkeypatch):
    """The campaign filters who brought whom; sources and windows are of the whole store."""
    turn = clock.now() - timedelta(days=1)
    campaign, sku = campaign_make(starts_at=turn - timedelta(days=5))
    campaign_end(campaign_id=campaign.pk, now=turn)
    for _ in range(2):
        pay(buy(person(), sku))
    deliver()
    client.get(f"/p/{sku.product.public_id}/mine/")  # who opens it and does not buy
    monkeypatch.setattr("sharing.replay.MAX_ORDERS", 1)
    client.force_login(staff_make(campaign.store).user)
    text = client.get(PAGE, {"of": campaign.public_id, "days": "90"}).content.decode()
    whole, chosen = text.split('id="who"')
    assert "各来源的转化（全店）" in whole and "如果归因窗口不一样（全店）" in whole
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", whole[whole.index("来的人") :])
    assert cells[:4] == ["直接打开", "3", "2", "66.7%"]
    assert "最近 1 个付款订单" in whole
    assert 'id="of"' in chosen and 'id="of"' not in whole
    assert '<input type="hidden" name="days" value="90">' in chosen
    assert f"到 {localtime(turn):%Y-%m-%d %H:%M} 为止" in chosen
    assert "为止" not in client.get(PAGE).content.decode()


def test_orders_from_before_people_were_counted_are_said_to_be(client):
    store = store_open()
    pay(buy(person(), sku_on_sale(store)))
    deliver()
    client.force_login(staff_make(store).user)
    assert "早于开始数人" not in client.get(PAGE).content.decode()
    Arrival.objects.all().delete()
    text = client.get(PAGE).content.decode()
    assert "早于开始数人" in text
    cells = re.findall(r"<td[^>]*>([^<]*)<", text[text.index("来的人") :])
    assert cells[:4] == ["直接打开", "—", "1", "—"]


@contextmanager
def reads():
    """What is read from the database meanwhile: rows, and the values of the longest statement."""
    seen = {"rows": 0, "values": 0}

    def watch(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        values = params.values() if isinstance(params, dict) else params or ()
        number = sum(len(one) if isinstance(one, (list, tuple)) else 1 for one in values)
        seen["values"] = max(seen["values"], number)
        seen["rows"] += max(context["cursor"].rowcount, 0)
        return answer

    with connection.execute_wrapper(watch):
        yield seen


def test_however_many_orders_there_are_as_much_is_read(client):
    store = store_open()
    sku, link = sku_on_sale(store), link_make(user_make(), store)
    client.force_login(staff_make(store).user)

    def read_after(number):
        for _ in range(number):
            buyer = person()
            visit_make(link, buyer.user)
            pay(buy(buyer, sku))
        deliver()
        client.get(PAGE)  # what a first visit reads once
        with reads() as seen:
            found = client.get(PAGE).context
        return seen, found["sources"][0].orders, found["view"].spread.levels[1].orders

    few, *orders = read_after(3)
    assert (orders, few["values"] < 30) == ([3, 3], True)
    assert read_after(27) == (few, 30, 30)


@pytest.mark.parametrize("asked", [{"days": "x"}, {"days": "-1"}, {"of": "'" * 100}, {"of": "\0"}])
def test_what_makes_no_sense_is_the_usual_page(client, asked):
    client.force_login(staff_make(store_open()).user)
    assert client.get(PAGE, asked).status_code == 200


def test_the_platform_has_no_spread_of_its_own(client):
    client.force_login(user_make(is_staff=True, is_superuser=True))
    assert client.get(PAGE).status_code == 403


# --- the window ---
def chosen(store):
    return windows_of(store.pk).days_at(clock.now())


def test_the_owner_chooses_the_window_beside_the_replay(client):
    store = store_open()
    client.force_login(staff_make(store).user)
    text = client.get(PAGE).content.decode()
    assert f'action="{WINDOW}"' in text
    assert '<option value="7" selected>7 天</option>' in text
    assert "v1:last-touch:7d：下单前 7 天里" in text
    answer = client.post(WINDOW, {"window": "15"}, follow=True)
    text = answer.content.decode()
    assert "归因窗口改为 15 天" in text
    assert '<option value="15" selected>15 天</option>' in text
    assert "v1:last-touch:15d：下单前 15 天里" in text
    assert chosen(store) == 15


@pytest.mark.parametrize("asked", ["", "8", "0", "-7", "x", "7.0", "²", "9" * 50])
def test_another_number_is_refused_in_words(client, asked):
    store = store_open()
    client.force_login(staff_make(store).user)
    answer = client.post(WINDOW, {"window": asked}, follow=True)
    assert "归因窗口只能是 1、3、7、15、30 天。" in answer.content.decode()
    assert chosen(store) == 7


def test_only_the_own_stores_owner_chooses(client):
    store, other = store_open(), store_open()
    client.force_login(staff_make(other).user)
    client.post(WINDOW, {"window": "30", "store": store.pk, "store_id": store.pk})
    assert (chosen(store), chosen(other)) == (7, 30)
    clerk = staff_make(store, role=StoreStaff.Role.CLERK).user
    for who in (clerk, user_make(is_staff=True, is_superuser=True)):
        client.force_login(who)
        assert client.post(WINDOW, {"window": "30"}).status_code == 403
    client.force_login(user_make())
    assert client.post(WINDOW, {"window": "30"}).status_code == 302
    client.force_login(clerk)
    assert f'action="{WINDOW}"' not in client.get(PAGE).content.decode()
    assert client.get(WINDOW).status_code in {403, 405}
    assert list(AttributionWindow.objects.values_list("store_id", flat=True)) == [other.pk]
