"""Somebody whose group ended before their money came: asked for nothing more, and led on in one tap."""

import re
from datetime import timedelta

import pytest

from campaigns.groupbuy.models import Group
from campaigns.groupbuy.services import group_cancel, group_expire
from core import clock
from core.public_pages import public_pages_forget
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

PRIMARY = re.compile(r'class="weui-btn weui-btn_primary" href="([^"]+)"')


@pytest.fixture(autouse=True)
def fresh_pages():
    public_pages_forget()


@pytest.fixture
def bob(client):
    who = cast.person("Bob")
    client.force_login(who.user)
    return who


def joined(bob, **fields):
    """A group whose leader has paid, and Bob's order in it, which is not."""
    campaign, sku = cast.campaign_make(size=3, **fields)
    group, _ = cast.group_open(campaign, sku)
    return group, sku, cast.join(group.public_id, sku, bob).order_public_id


def cancel(group):
    assert group_cancel(group_id=group.pk, reason="冷库停电", now=clock.now())


def cancelled(bob):
    group, sku, ref = joined(bob)
    cancel(group)
    return group, sku, ref


def failed(bob):
    group, sku, ref = joined(bob)
    cast.overdue(group)
    assert group_expire(group_id=group.pk, now=clock.now()) is None
    return group, sku, ref


def succeeded_without(bob):
    group, sku, ref = joined(bob, ending="complete", least=2)
    cast.pay(cast.join(group.public_id, sku, cast.person()).order_public_id)
    # So long after its end that nobody waits for what the provider does not say.
    past = clock.now() - timedelta(minutes=40)
    Group.objects.filter(pk=group.pk).update(deadline_at=past)
    assert group_expire(group_id=group.pk, now=clock.now()) is None
    return group, sku, ref


def cancelled_while_forming(bob):
    campaign, sku = cast.campaign_make(size=3)
    made = cast.lead(campaign, sku, bob)
    group = Group.objects.get(public_id=made.group_public_id)
    cancel(group)
    return group, sku, made.order_public_id


def state_of(group):
    return Group.objects.values_list("state", flat=True).get(pk=group.pk)


def page(client, path):
    return client.get(path).content.decode()


@pytest.mark.parametrize(
    ("ends", "state", "said"),
    [
        (cancelled, "failed", "这个团没有成，钱会全额自动退回"),
        (failed, "failed", "这个团没有成，钱会全额自动退回"),
        (succeeded_without, "succeeded", "付款到得晚了，没有赶上这个团，钱会全额自动退回"),
    ],
)
def test_who_pays_when_it_is_over_is_told_so_and_led_on(client, bob, ends, state, said):
    group, sku, ref = ends(bob)
    assert state_of(group) == state
    cast.pay(ref)
    # The order's cancellation is a fact that nobody has delivered yet.
    assert (cast.order_of(ref).state, cast.member_of(ref).state) == ("on_hold", "refunding")
    assert f"/g/{group.public_id}/seat/" in page(client, f"/orders/{ref}/result/")
    text = page(client, f"/g/{group.public_id}/seat/")
    again = f"/g/{group.public_id}/again/"
    assert said in text
    assert "商家会尽快发货" not in text and "你的名额已确认" not in text
    assert PRIMARY.findall(text) == [again]
    assert f'href="{again}"' in page(client, f"/g/{group.public_id}/mine/")
    choice = f"sku={sku.public_id}&quantity=1"
    assert client.get(again)["Location"] == f"/p/{sku.product.public_id}/group/?{choice}"
    cast.deliver()
    assert cast.order_of(ref).state == "cancelled"
    assert f'href="{again}"' in page(client, f"/g/{group.public_id}/mine/")
    assert f'href="{again}"' in page(client, f"/orders/{ref}/result/")
    assert cast.broken() == []


def test_who_is_in_is_not_led_on(client, bob):
    group, _sku, ref = joined(bob)
    cast.pay(ref)
    text = page(client, f"/g/{group.public_id}/seat/")
    assert "你的名额已确认，还差 1 人" in text
    assert "/again/" not in text
    assert "/again/" not in page(client, f"/g/{group.public_id}/mine/")


@pytest.mark.parametrize("ends", [cancelled, succeeded_without, cancelled_while_forming])
def test_nobody_is_asked_to_pay_for_a_group_that_is_over(client, bob, ends):
    group, sku, ref = ends(bob)
    assert (cast.order_of(ref).state, cast.member_of(ref).state) == ("awaiting_payment", "reserved")
    mine, again = f"/g/{group.public_id}/mine/", f"/g/{group.public_id}/again/"
    text = page(client, mine)
    assert "我的名额：已结束" in text
    assert "不用再付款；如果刚才付了，钱会全额自动退回" in text
    assert "名额为你留着" not in text and f"/orders/{ref}/pay/" not in text
    # What strangers are offered in the bar would be refused: the seat is not free yet.
    assert re.search(rf'id="act"[^>]* href="/orders/{ref}/"', text)
    assert again not in text
    text = page(client, f"/p/{sku.product.public_id}/mine/")
    assert "你参加的团已经结束，不用再付款" in text and f"/orders/{ref}/pay/" not in text
    cast.deliver()
    assert cast.member_of(ref).state == "released"
    text = page(client, mine)
    assert "在你付款前结束了" in text and "没有在时限内付款" not in text
    assert f'href="{again}"' in text
    assert client.get(again)["Location"].startswith(f"/p/{sku.product.public_id}/group/")
    assert cast.broken() == []


def test_while_the_group_can_take_it_the_seat_is_to_be_paid(client, bob):
    group, sku, ref = joined(bob)
    for path in (f"/g/{group.public_id}/mine/", f"/p/{sku.product.public_id}/mine/"):
        text = page(client, path)
        assert f"/orders/{ref}/pay/" in text
        assert "不用再付款" not in text and "/again/" not in text


def test_a_group_that_was_cancelled_before_it_opened_waits_for_nobody(client, bob):
    group, _sku, _ref = cancelled_while_forming(bob)
    assert state_of(group) == "forming"
    text = page(client, f"/g/{group.public_id}/")
    assert "商家取消了这个团：冷库停电" in text
    assert "等团长付款" not in text and "团长付款后开团" not in text
