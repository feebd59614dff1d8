"""What whoever opens a group pays, when it is less than what the others pay."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from core.public_pages import public_pages_forget
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

LEADER_FEN = 4500


@pytest.fixture(autouse=True)
def fresh_pages():
    public_pages_forget()


def unit_price(joined):
    return cast.order_of(joined.order_public_id).lines.get().unit_price_fen


def test_the_leader_pays_less_and_everybody_else_the_groups_price():
    campaign, sku = cast.campaign_make(leader_fen=LEADER_FEN)
    group, leader = cast.group_open(campaign, sku)
    bob = cast.join(group.public_id, sku, cast.person("Bob"))
    assert (unit_price(leader), unit_price(bob)) == (LEADER_FEN, cast.GROUP_FEN)
    order = cast.order_of(leader.order_public_id)
    assert order.payable_fen == LEADER_FEN + cast.FREIGHT_FEN
    cast.pay(bob.order_public_id)
    assert cast.broken() == []


def test_without_one_everybody_pays_the_same():
    campaign, sku = cast.campaign_make()
    assert unit_price(cast.lead(campaign, sku, cast.person())) == cast.GROUP_FEN


@pytest.mark.parametrize("leader_fen", [cast.GROUP_FEN, cast.GROUP_FEN + 1, 0])
def test_a_leaders_price_that_is_none_is_refused_by_the_database(leader_fen):
    with pytest.raises(IntegrityError, match="groupbuy_leader_pays_less"):
        cast.campaign_make(publish=False, leader_fen=leader_fen)


def test_a_leader_who_pays_no_less_is_told_so():
    campaign, _ = cast.campaign_make(publish=False)
    price = campaign.prices.get()
    price.leader_fen = cast.GROUP_FEN
    with pytest.raises(ValidationError, match="团长价应低于拼团价"):
        price.validate_constraints()


def test_every_page_says_who_pays_what(client):
    campaign, sku = cast.campaign_make(size=3, leader_fen=LEADER_FEN)
    page = client.get(f"/p/{sku.product.public_id}/").content.decode()
    assert "自己开团 ¥45.00 起" in page
    assert 'data-group="45.00"' in page
    group, _ = cast.group_open(campaign, sku)
    page = client.get(f"/g/{group.public_id}/").content.decode()
    assert "开团的人每件最多少付 4.00 元" in page
    bob = cast.person("Bob")
    client.force_login(bob.user)
    leading = client.get(f"/p/{sku.product.public_id}/group/").content.decode()
    assert f'name="shown_fen" value="{LEADER_FEN + cast.FREIGHT_FEN}"' in leading
    joining = client.get(f"/g/{group.public_id}/join/").content.decode()
    assert f'name="shown_fen" value="{cast.GROUP_FEN + cast.FREIGHT_FEN}"' in joining
