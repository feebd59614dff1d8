"""The merchant's live board, and giving up groups with a reason."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from campaigns.groupbuy.models import Group, GroupCampaign
from campaigns.groupbuy.queries import groups_about_to_fail
from campaigns.groupbuy.running import groups_running
from campaigns.groupbuy.tests.test_endings import laddered
from core.money import yuan
from core.public_pages import public_pages_forget
from notices.models import Notice
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

PAID_FEN = cast.GROUP_FEN + cast.FREIGHT_FEN
GROUPS = reverse("admin:groupbuy_group_changelist")
CAMPAIGNS = reverse("admin:groupbuy_groupcampaign_changelist")


@pytest.fixture
def watched():
    """A group with two paid seats and one being paid, one with its leader alone, one forming."""
    campaign, sku = cast.campaign_make(size=4)
    group, _ = cast.group_open(campaign, sku)
    cast.pay(cast.join(group.public_id, sku, cast.person()).order_public_id)
    cast.join(group.public_id, sku, cast.person())
    cast.group_open(campaign, sku)
    forming = cast.lead(campaign, sku, cast.person()).group_public_id
    return campaign, group, forming


def board(client, store, **asked):
    client.force_login(staff_make(store).user)
    return client.get(reverse("admin:groupbuy_group_board"), asked)


def test_the_sums_are_of_every_group_however_few_are_shown(watched, django_assert_num_queries):
    with django_assert_num_queries(4):
        found = groups_running(Group.objects.all(), limit=1)
    assert (found.open, found.forming, len(found.shown), found.pages) == (2, 1, 1, 3)
    assert (found.exposed_fen, found.paying_fen) == (3 * PAID_FEN, 2 * PAID_FEN)


def test_the_board_shows_every_undecided_group_and_what_would_go_back(client, watched):
    campaign, group, forming = watched
    answer = board(client, campaign.store)
    text = answer.content.decode()
    assert group.public_id in text and forming in text
    assert "2 个团在进行，1 个等团长付款" in text
    assert f"{3 * PAID_FEN // 100}.00 元要退" in text
    assert f"还有 {2 * PAID_FEN // 100}.00 元正在付款" in text
    assert "?page=" not in text
    assert answer["Refresh"] == "30"
    other, _ = cast.campaign_make(size=3)
    assert group.public_id not in board(client, other.store).content.decode()


def test_each_group_says_what_would_go_back_for_it_alone(client):
    """Two groups of one store that differ in people, pieces and prices, and one that nobody has paid."""
    campaign, sku = cast.campaign_make(size=4)
    group, _ = cast.group_open(campaign, sku, quantity=2)
    cast.pay(cast.join(group.public_id, sku, cast.person(), quantity=3).order_public_id)
    cast.join(group.public_id, sku, cast.person())
    dearer, other_sku = cast.campaign_make(store=campaign.store, size=3, price_fen=5300)
    other, _ = cast.group_open(dearer, other_sku)
    cast.join(other.public_id, other_sku, cast.person(), quantity=2)
    forming = cast.lead(campaign, sku, cast.person()).group_public_id
    shown = groups_running(Group.objects.all()).shown
    rows = {row.public_id: (row.exposed_fen, row.paying_fen) for row in shown}
    assert rows == {
        group.public_id: (5 * cast.GROUP_FEN + 2 * cast.FREIGHT_FEN, PAID_FEN),
        other.public_id: (5300 + cast.FREIGHT_FEN, 2 * 5300 + cast.FREIGHT_FEN),
        forming: (0, PAID_FEN),
    }
    text = board(client, campaign.store).content.decode()
    told = re.findall(r'"不成团要退（元）"><span>([0-9.]+) <span [^>]*>付款中 ([0-9.]+)<', text)
    links = re.findall(r'/g/(grp_\w+)/"', text)
    assert dict(zip(links, told, strict=True)) == {
        public_id: (yuan(exposed_fen), yuan(paying_fen))
        for public_id, (exposed_fen, paying_fen) in rows.items()
    }


def test_the_board_says_how_many_must_still_pay(client, watched):
    text = board(client, watched[0].store).content.decode()
    assert "2 人</td>" in text and "3 人</td>" in text and "1 人</td>" not in text


@pytest.mark.parametrize("ending", ["complete", "ladder"])
def test_the_board_counts_up_to_those_who_are_enough(client, ending):
    if ending == "ladder":
        campaign, sku = laddered(size=10, least=3, steps=((5, 300),))
    else:
        campaign, sku = cast.campaign_make(size=10, ending=ending, least=3)
    group, _ = cast.group_open(campaign, sku)
    cast.pay(cast.join(group.public_id, sku, cast.person()).order_public_id)
    assert "1 人到最少的 3 人" in board(client, campaign.store).content.decode()
    cast.pay(cast.join(group.public_id, sku, cast.person()).order_public_id)
    text = board(client, campaign.store).content.decode()
    assert "已够最少人数" in text and "人到最少的" not in text


@pytest.mark.parametrize("ending", ["refund", "complete", "ladder"])
def test_only_groups_that_lack_people_are_about_to_fail(ending):
    if ending == "ladder":
        campaign, sku = laddered(size=5, least=2)
    else:
        campaign, sku = cast.campaign_make(size=5, ending=ending, least=2)
    group, _ = cast.group_open(campaign, sku)
    now = Group.objects.get(pk=group.pk).deadline_at - timedelta(hours=1)
    assert groups_about_to_fail(campaign.store_id, now=now) == 1
    assert groups_about_to_fail(campaign.store_id, now=now - timedelta(hours=2)) == 0
    cast.pay(cast.join(group.public_id, sku, cast.person()).order_public_id)
    failing = 1 if ending == "refund" else 0
    assert groups_about_to_fail(campaign.store_id, now=now) == failing


def test_the_board_goes_on_on_a_second_page_and_its_sums_are_of_all(client, watched, monkeypatch):
    campaign, group, forming = watched
    few = {"page": 1, "limit": 2}
    monkeypatch.setattr("campaigns.groupbuy.running.groups_running.__kwdefaults__", few)
    first = board(client, campaign.store).content.decode()
    assert group.public_id in first and forming not in first
    assert "第 1 页，共 2 页" in first
    assert 'href="?page=2"' in first and "?page=0" not in first
    second = board(client, campaign.store, page=2).content.decode()
    assert forming in second and group.public_id not in second
    assert "第 2 页，共 2 页" in second
    assert 'href="?page=1"' in second and "?page=3" not in second
    for text in (first, second):
        assert "2 个团在进行，1 个等团长付款" in text
        assert f"{3 * PAID_FEN // 100}.00 元要退" in text


def test_a_page_that_is_no_more_is_the_last_one(watched):
    found = groups_running(Group.objects.all(), page=9, limit=2)
    assert (found.page, found.pages, found.has_next) == (2, 2, False)
    assert [one.public_id for one in found.shown] == [watched[2]]


@pytest.mark.parametrize("path", [GROUPS, CAMPAIGNS])
def test_groups_are_given_up_with_a_reason_that_their_members_read(client, watched, path):
    campaign, group, _forming = watched
    client.force_login(staff_make(campaign.store).user)
    picked = [group.pk] if path == GROUPS else [campaign.pk]
    sent = {"action": "cancel", "_selected_action": picked}
    asked = client.post(path, sent)
    assert "取消原因" in asked.content.decode()
    client.post(path, {**sent, "asked": "1", "reason": "  "})
    group.refresh_from_db()
    assert group.state == "open"
    client.post(path, {**sent, "asked": "1", "reason": "冷库停电，货坏了"})
    cast.deliver()
    group.refresh_from_db()
    assert (group.state, group.fail_reason) == ("failed", "冷库停电，货坏了")
    told = Notice.objects.filter(kind="group_failed").values_list("body", flat=True)
    assert len(told) == (2 if path == GROUPS else 3)
    assert all("冷库停电，货坏了" in body and "凑齐" not in body for body in told)
    public_pages_forget()
    assert "冷库停电，货坏了" in client.get(f"/g/{group.public_id}/").content.decode()
    order = group.members.filter(is_leader=True).get().order
    assert "冷库停电" in order.cancel_reason
    ended = GroupCampaign.objects.get(pk=campaign.pk).state == "ended"
    assert ended is (path == CAMPAIGNS)
    assert cast.broken() == []


def test_somebody_elses_groups_are_not_given_up(client, watched):
    _campaign, group, _forming = watched
    client.force_login(staff_make(cast.store_open("陶坊")).user)
    sent = {"action": "cancel", "_selected_action": [group.pk], "asked": "1", "reason": "捣乱"}
    client.post(GROUPS, sent)
    group.refresh_from_db()
    assert group.state == "open"
