"""What a group promises about its end is said alike on its share card and in every message."""

from datetime import timedelta

import pytest

from campaigns.groupbuy.tests.test_endings import laddered, opened
from core import clock
from core.deadlines import deadlines_run
from core.public_pages import public_pages_forget
from notices.models import Notice, Reminder
from tests import cast

pytestmark = pytest.mark.django_db

ALL_BACK = "到时人不齐，全额自动退回"
PROMISES = {
    "refund": ALL_BACK,
    "complete": "到时满 4 人就成团，价格不变；不满则全额自动退回",
    "ladder": "到时满 4 人就成团，按达到的人数算价，差价自动退回；不满则全额退回",
}

# Of a group with one, and then two, who have paid.
WANTED = {
    "refund": ("还差 5 人成团，", "还差 4 人成团；"),
    "complete": ("还差 3 人成团，还有 5 个名额，", "还差 2 人成团，还有 4 个名额；"),
    "ladder": ("还差 3 人成团，满 5 人更便宜，", "还差 2 人成团，满 5 人更便宜；"),
}


def opened_with(ending):
    """A group of six that ends so; four are enough where not all are needed."""
    if ending == "ladder":
        campaign, sku = laddered(size=6, least=4, steps=((5, 300),))
    else:
        campaign, sku = cast.campaign_make(size=6, ending=ending, least=4)
    return opened(campaign, sku), sku


def joined_by(group, sku, number):
    for who in cast.people(number):
        cast.pay(cast.join(group.public_id, sku, who).order_public_id)
    cast.deliver()
    public_pages_forget()


def told(kind):
    return Notice.objects.filter(kind=kind).order_by("-pk").first().body


def hour_left(group):
    group.refresh_from_db()
    Reminder.objects.filter(kind="group_soon").update(due_at=clock.now())
    deadlines_run(now=group.deadline_at - timedelta(minutes=59))


@pytest.mark.parametrize("ending", PROMISES)
def test_card_and_messages_promise_what_the_campaign_does(client, ending):
    group, sku = opened_with(ending)
    said = {
        "card": client.get(f"/g/{group.public_id}/mine/").content.decode(),
        "paid": told("paid"),
    }
    joined_by(group, sku, 1)
    said["joined"] = told("group_joined")
    hour_left(group)
    said["soon"] = told("group_soon")
    for where, text in said.items():
        assert PROMISES[ending] in text, where
        assert ending == "refund" or ALL_BACK not in text, where
    wanted = WANTED[ending]
    assert wanted[0] in said["card"]
    assert wanted[1] in said["joined"] and wanted[1] in said["soon"]


@pytest.mark.parametrize("ending", PROMISES)
def test_whoever_is_about_to_pay_reads_how_it_ends(client, ending):
    group, sku = opened_with(ending)
    product = f"/p/{sku.product.public_id}/"
    client.force_login(cast.person().user)
    for path in (product, f"{product}group/", f"/g/{group.public_id}/join/"):
        answer = client.get(path)
        text = answer.content.decode()
        assert answer.status_code == 200, path
        assert PROMISES[ending] in text, path
        assert ending == "refund" or ALL_BACK not in text, path
        assert ("满 5 人：每件再减 3.00 元" in text) is (ending == "ladder"), path


@pytest.mark.parametrize("ending", ["complete", "ladder"])
def test_once_there_are_enough_nobody_is_said_to_be_missing(client, ending):
    group, sku = opened_with(ending)
    joined_by(group, sku, 3)
    hour_left(group)
    card = client.get(f"/g/{group.public_id}/mine/").content.decode()
    for text in (told("group_joined"), told("group_soon"), card):
        assert "人数已够" in text and "还有 2 个名额" in text
        assert "还差" not in text
    product = client.get(f"/p/{sku.product.public_id}/").content.decode()
    assert "人数已够，还有 <b>2</b> 个名额" in product and "还差" not in product


def test_a_group_that_needs_all_wants_the_last_one_until_the_end(client):
    group, sku = opened_with("refund")
    joined_by(group, sku, 4)
    hour_left(group)
    assert "还差 1 人" in told("group_soon")
    assert "人数已够" not in client.get(f"/g/{group.public_id}/mine/").content.decode()


@pytest.mark.parametrize("ending", ["complete", "ladder"])
def test_one_more_turns_a_refund_into_success_and_everything_says_so(client, ending):
    group, sku = opened_with(ending)
    joined_by(group, sku, 2)
    cast.join(group.public_id, sku, cast.person())
    hour_left(group)
    said = {
        "page": client.get(f"/g/{group.public_id}/").content.decode(),
        "card": client.get(f"/g/{group.public_id}/mine/").content.decode(),
        "soon": told("group_soon"),
    }
    for where, text in said.items():
        assert "还差 1 人成团" in text and "还差 2 人" not in text, where
    product = client.get(f"/p/{sku.product.public_id}/").content.decode()
    assert "还差 <b>1</b> 人，还有 2 个名额" in product
    assert told("group_one_short").endswith("再来 1 人就能成团。")


def test_who_is_paying_is_missing_until_they_have_paid(client):
    group, sku = opened_with("refund")
    joined_by(group, sku, 1)
    for who in cast.people(3):
        cast.join(group.public_id, sku, who)
    page = client.get(f"/g/{group.public_id}/").content.decode()
    assert "还差 4 人成团，其中 3 人正在付款" in page


def test_pages_that_speak_of_every_campaign_promise_no_more_than_all_of_them(client):
    assert "人不齐全额退" not in client.get("/").content.decode()
    agreement = client.get("/agreement/").content.decode()
    assert "以付款前该活动“拼团规则”写明的为准" in agreement
    assert "人数不足，所有已付款项全额自动原路退回" not in agreement
