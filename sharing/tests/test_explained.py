"""Why an order is somebody's: the same words for everybody, and nobody named who need not be."""

from datetime import timedelta

import pytest
from django.contrib.admin.sites import site
from django.urls import reverse

from accounts.tests.factories import user_make
from core import clock
from orders.tests.factories import buy, deliver, pay, person, sku_on_sale, store_open
from sharing.explained import explanations, rule_text
from sharing.models import Attribution
from sharing.tests.factories import link_make, visit_make
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    """Bob came by Carol's card, and last by Alice's poster."""
    store = store_open()
    sku, bob = sku_on_sale(store), person("小波波")
    carol, alice = user_make(nickname="卡罗尔"), user_make(nickname="爱丽丝")
    now = clock.now()
    visit_make(link_make(carol, store), bob.user, at=now - timedelta(hours=3))
    visit_make(link_make(alice, store, channel="poster"), bob.user, at=now - timedelta(hours=2))
    ref = buy(bob, sku)
    pay(ref)
    deliver()
    return cast.order_of(ref)


def test_it_says_what_was_opened_and_what_follows(order):
    told = explanations([order.pk])[order.pk]
    first, last = told.touches
    assert first.endswith("打开 另一位朋友 的分享（微信好友或群）。")
    assert last.endswith("打开 爱** 的分享（海报）。")
    assert told.verdict == (
        "小** 下的这一单算作 爱** 带来的：下单前 7 天里最后打开的分享算数（规则 v1:last-touch:7d）。"
    )


def test_times_are_those_of_the_shop(order, settings):
    row = Attribution.objects.get()
    row.chain[-1]["last_at"] = "2026-03-01T20:05:00+00:00"
    row.save()
    assert explanations([order.pk])[order.pk].touches[-1].startswith("2026年3月2日 04:05")


def test_a_rule_that_is_not_in_force_any_more_is_named():
    assert "前 7 天" in rule_text("v1:last-touch:7d")
    assert "前 15 天" in rule_text("v1:last-touch:15d")
    # A window that no store may choose any more is still explained.
    assert "前 21 天" in rule_text("v1:last-touch:21d")
    for other in ("v0:first-touch", "v2:last-touch:7d", "v1:last-touch:7d2", "v1:last-touch:d"):
        assert rule_text(other) == f"当时的规则 {other}。"


def test_many_orders_take_three_queries(order, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert set(explanations([order.pk, order.pk + 1])) == {order.pk}


@pytest.mark.parametrize("page", ["changelist", "change"])
def test_the_office_reads_it_on_the_list_and_on_the_page(client, order, page):
    client.force_login(staff_make(order.store).user)
    row = Attribution.objects.get()
    where = reverse(f"admin:sharing_attribution_{page}", args=[row.pk] if page == "change" else [])
    text = client.get(where).content.decode()
    for line in explanations([order.pk])[order.pk].sentences:
        assert line in text
    assert f"&quot;sharer&quot;: {row.sharer_id}" not in text
    assert Attribution in site._registry
