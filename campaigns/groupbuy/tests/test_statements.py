"""How many statements each write and each page's read cost: a loop over rows shows here first."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.groupbuy import services
from campaigns.groupbuy.joinable import open_groups
from campaigns.groupbuy.models import Group
from campaigns.groupbuy.queries import (
    campaign_for_product,
    group_board,
    group_mine,
    groups_about_to_fail,
    product_mine,
)
from campaigns.groupbuy.tests.factories import campaign_make, group_open, join, lead, overdue
from core import clock
from orders.models import Order
from orders.services import order_payment_take
from orders.tests.factories import deliver, known, pay, person
from payments.models import Payment
from tests.database import statements

# Inside a test's own transaction nothing is delivered by itself: what is counted is one act.
pytestmark = pytest.mark.django_db


def order_id(joined) -> int:
    return Order.objects.values_list("pk", flat=True).get(public_id=joined.order_public_id)


def take(joined) -> int:
    """The order has heard of its money, the seat has not; the order's id."""
    pay(joined.order_public_id)
    payment = Payment.objects.get(order_ref=joined.order_public_id)
    order_payment_take(order_ref=joined.order_public_id, payment_id=payment.pk, now=clock.now())
    return order_id(joined)


def group_of(*, size: int, paid: int, waiting: int = 0):
    """An open group with so many who paid, and so many who have not."""
    campaign, sku = campaign_make(size=size)
    _, leader = group_open(campaign, sku)
    deliver()
    group = Group.objects.get(public_id=leader.group_public_id)
    for _ in range(paid - 1):
        pay(join(group.public_id, sku, person()).order_public_id)
    deliver()
    for _ in range(waiting):
        join(group.public_id, sku, person())
    return group, sku


def test_leading():
    campaign, sku = campaign_make()
    who = known()
    assert statements(lambda: lead(campaign, sku, who)) == 13


def test_joining():
    group, sku = group_of(size=9, paid=1)
    who = known()
    assert statements(lambda: join(group.public_id, sku, who)) == 11


def test_a_form_sent_again():
    group, sku = group_of(size=9, paid=1)
    who = person()
    join(group.public_id, sku, who, form_key="the-same-key")
    again = statements(lambda: join(group.public_id, sku, who, form_key="the-same-key"))
    assert again == 3


def test_the_leaders_money():
    campaign, sku = campaign_make()
    pk = take(lead(campaign, sku, person()))
    assert statements(lambda: services.seat_paid(order_id=pk, now=clock.now())) == 9


def test_a_members_money():
    group, sku = group_of(size=9, paid=1)
    pk = take(join(group.public_id, sku, person()))
    assert statements(lambda: services.seat_paid(order_id=pk, now=clock.now())) == 6


@pytest.mark.parametrize("size", [2, 6])
def test_the_last_money_completes_a_group_of_any_size_in_the_same_number(size):
    group, sku = group_of(size=size, paid=size - 1)
    pk = take(join(group.public_id, sku, person()))
    assert statements(lambda: services.seat_paid(order_id=pk, now=clock.now())) == 15
    group.refresh_from_db()
    assert group.state == "succeeded"


@pytest.mark.parametrize(("paid", "waiting"), [(1, 1), (4, 3)])
def test_a_group_of_any_size_fails_in_the_same_number(paid, waiting):
    group, _ = group_of(size=9, paid=paid, waiting=waiting)
    overdue(group)
    assert statements(lambda: services.group_expire(group_id=group.pk, now=clock.now())) == 12
    group.refresh_from_db()
    assert group.state == "failed"


def test_a_seat_that_is_not_paid():
    group, sku = group_of(size=9, paid=1)
    pk = order_id(join(group.public_id, sku, person()))
    assert statements(lambda: services.seat_closed(order_id=pk, now=clock.now())) == 7


@pytest.mark.parametrize("paid", [1, 5])
def test_the_board_of_a_group(paid):
    group, _ = group_of(size=9, paid=paid)
    assert statements(lambda: group_board(group.public_id, now=clock.now())) == 2


def test_faces_cost_one_more():
    campaign, sku = campaign_make(size=9)
    joined = lead(campaign, sku, person("李梅"), shows_profile=True)
    pay(joined.order_public_id)
    deliver()
    assert statements(lambda: group_board(joined.group_public_id, now=clock.now())) == 3


def test_the_other_reads():
    group, sku = group_of(size=9, paid=1)
    campaign, now = group.campaign, clock.now()
    for _ in range(3):
        group_open(campaign, sku, person())
    deliver()
    assert len(open_groups(campaign.pk, now=now)) == 4
    assert statements(lambda: open_groups(campaign.pk, now=now)) == 2
    assert statements(lambda: campaign_for_product(sku.product_id, now=now)) == 2
    assert statements(lambda: group_mine(group.public_id, group.leader_id)) == 1
    assert statements(lambda: product_mine(sku.product_id, group.leader_id)) == 1
    assert statements(lambda: groups_about_to_fail(None, now=now)) == 1


def test_a_products_campaign_is_read_without_the_groups_it_ever_had():
    group, _sku = group_of(size=3, paid=1)
    with CaptureQueriesContext(connection) as seen:
        found = campaign_for_product(group.campaign.product_id, now=clock.now())
    assert found is not None
    assert found.public_id == group.campaign.public_id
    assert [one for one in seen.captured_queries if '"groupbuy_group"' in one["sql"]] == []
