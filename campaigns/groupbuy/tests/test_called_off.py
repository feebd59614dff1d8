"""A member whose order the merchant cancelled after the group succeeded: told so, and free to come
again."""

import pytest

from campaigns.groupbuy.pages import join_refusal, terms_to_join
from campaigns.groupbuy.services import LimitReached
from core import clock
from core.public_pages import public_pages_forget
from orders.services import order_cancel
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_pages():
    public_pages_forget()


@pytest.fixture
def bob():
    return cast.person("Bob")


@pytest.fixture
def succeeded(bob):
    """A group of two that succeeded, where everybody may buy one piece; Bob's order in it."""
    campaign, sku = cast.campaign_make(size=2, limit_per_person=1, limit_per_order=1)
    group, _ = cast.group_open(campaign, sku)
    ref = cast.join(group.public_id, sku, bob).order_public_id
    cast.pay(ref)
    cast.deliver()
    return campaign, sku, group, ref


def cancel(ref):
    order_cancel(order_id=cast.order_of(ref).pk, reason="没货了", now=clock.now())
    cast.deliver()


def test_the_fragment_says_whose_doing_it_was_and_that_the_money_goes_back(client, succeeded, bob):
    _campaign, _sku, group, ref = succeeded
    client.force_login(bob.user)
    path = f"/g/{group.public_id}/mine/"
    text = client.get(path).content.decode()
    assert "拼团成功，商家会尽快发货" in text and 'id="act"' in text
    cancel(ref)
    text = client.get(path).content.decode()
    assert "这一单已由商家取消，款项全额原路退回" in text and "我的名额：已取消" in text
    assert "商家会尽快发货" not in text
    assert f'href="/orders/{ref}/"' in text
    # The bar goes on offering what it offers to strangers.
    assert 'id="act"' not in text


def test_the_seat_is_no_part_of_the_limit_any_more(client, succeeded, bob):
    campaign, sku, group, ref = succeeded
    other, _ = cast.group_open(campaign, sku)
    terms, now = terms_to_join(other.public_id), clock.now()
    assert isinstance(join_refusal(terms, bob.id, now=now), LimitReached)
    with pytest.raises(LimitReached):
        cast.join(other.public_id, sku, bob)
    cancel(ref)
    client.force_login(bob.user)
    again = client.get(f"/g/{group.public_id}/again/")["Location"]
    assert again.startswith(f"/g/{other.public_id}/join/")
    assert client.get(again).status_code == 200
    second = cast.join(other.public_id, sku, bob)
    cast.pay(second.order_public_id)
    cast.deliver()
    assert cast.member_of(second.order_public_id).state == "confirmed"
    third, _ = cast.group_open(campaign, sku)
    with pytest.raises(LimitReached):
        cast.join(third.public_id, sku, bob)
    assert cast.broken() == []
