"""One tap from a seat that was lost: to the same group, another one, a new one, or nowhere."""

import re

import pytest

from campaigns.groupbuy.services import campaign_end
from core import clock
from core.public_pages import public_pages_forget
from orders.services import order_close_request
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_pages():
    public_pages_forget()


@pytest.fixture
def group():
    campaign, sku = cast.campaign_make(size=3)
    made, _ = cast.group_open(campaign, sku, cast.person("李梅"))
    return made, campaign, sku


def target(client, group):
    return client.get(f"/g/{group.public_id}/again/")["Location"]


def paid_late(group, sku, who, **changes):
    """The person's order was closed, and then the money came."""
    ref = cast.join(group.public_id, sku, who, **changes).order_public_id
    order_close_request(order_id=cast.order_of(ref).pk, now=clock.now(), by_buyer=True)
    cast.deliver()
    cast.pay(ref)
    cast.deliver()
    assert cast.order_of(ref).state == "cancelled"
    return ref


def test_late_money_leads_back_to_the_same_group_with_the_same_choice(client, group):
    made, campaign, sku = group
    cast.group_open(campaign, sku)  # strangers are not asked for before
    bob = cast.person("Bob")
    ref = paid_late(made, sku, bob, quantity=2)
    client.force_login(bob.user)
    button = re.search(r'href="(/g/[^"]+/again/)"', client.get(f"/orders/{ref}/").content.decode())
    found = client.get(button[1])["Location"]
    assert found == f"/g/{made.public_id}/join/?sku={sku.public_id}&quantity=2"
    form = client.get(found)
    assert form.status_code == 200
    assert sku.public_id in form.content.decode()
    cast.join(made.public_id, sku, bob, quantity=2)


def test_a_group_that_takes_nobody_leads_to_the_one_that_lacks_fewest(client, group):
    made, campaign, sku = group
    for who in cast.people(2):
        cast.join(made.public_id, sku, who)
    assert target(client, made) == f"/p/{sku.product.public_id}/group/"
    nearly, _ = cast.group_open(campaign, sku)
    cast.pay(cast.join(nearly.public_id, sku, cast.person()).order_public_id)
    cast.group_open(campaign, sku)
    assert target(client, made) == f"/g/{nearly.public_id}/join/"
    unpaid = cast.lead(campaign, sku, cast.person()).group_public_id
    assert client.get(f"/g/{unpaid}/again/")["Location"] == f"/g/{nearly.public_id}/join/"
    assert client.get("/g/grp_nowhere/again/").status_code == 404


def test_nothing_left_leads_to_the_groups_own_page(client, group):
    made, campaign, sku = group
    for who in cast.people(2):
        cast.join(made.public_id, sku, who)
    campaign_end(campaign_id=campaign.pk, now=clock.now())
    assert target(client, made) == f"/g/{made.public_id}/"


def test_who_has_a_seat_is_led_to_it(client, group):
    made, campaign, sku = group
    bob = cast.person("Bob")
    paid_late(made, sku, bob)
    mine, _ = cast.group_open(campaign, sku, bob)
    client.force_login(bob.user)
    assert target(client, made) == f"/g/{mine.public_id}/"


def test_an_old_customer_is_led_to_lead_where_only_newcomers_join(client):
    campaign, sku = cast.campaign_make(size=3, newcomers_only=True)
    made, _ = cast.group_open(campaign, sku)
    bob = cast.person("Bob")
    paid_late(made, sku, bob)
    client.force_login(bob.user)
    assert target(client, made).startswith(f"/g/{made.public_id}/join/")
    cast.pay(cast.buy(bob, sku))
    cast.deliver()
    choice = f"sku={sku.public_id}&quantity=1"
    assert target(client, made) == f"/p/{sku.product.public_id}/group/?{choice}"
    cast.lead(campaign, sku, bob)
