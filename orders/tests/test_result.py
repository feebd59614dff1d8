"""The page after paying says what happens next to this order, not to some order."""

import pytest

from digital.tests.factories import bought, text_sku
from orders.destinations import fetched_at
from orders.services import hold_release
from orders.tests.factories import paid_make, sku_on_sale
from orders.tests.reviews import held
from stores.queries import pickup_places
from stores.tests.factories import pickup_make
from tests import cast

pytestmark = pytest.mark.django_db
PARCEL = "快递单号"


@pytest.fixture
def read(client):
    def page(order):
        client.force_login(order.buyer)
        return client.get(f"/orders/{order.public_id}/result/").content.decode()

    return page


def fetched(store):
    place = pickup_places({store.pk})[store.pk][0]
    return fetched_at(place, recipient="王小枣", phone="13811112222")


def test_what_is_posted_gets_a_number(read):
    assert PARCEL in read(paid_make())


def test_what_is_fetched_shows_its_code(read):
    point = pickup_make(cast.store_open())
    order = paid_make(sku_on_sale(point.store), address=fetched(point.store))
    page = read(order)
    assert order.pickup_code in page
    assert PARCEL not in page


def test_what_is_delivered_on_a_screen_leads_to_it(read):
    order = bought(text_sku())
    page = read(order)
    assert f"/orders/{order.public_id}/contents/" in page
    assert PARCEL not in page


def test_what_somebody_looks_at_first_says_so(read):
    who, point = cast.person(), pickup_make(cast.store_open())
    order, _review = held(sku_on_sale(), who)
    page = read(order)
    assert "商家正在确认这笔订单" in page
    assert PARCEL not in page
    order, _review = held(sku_on_sale(point.store), cast.person(), address=fetched(point.store))
    page = read(order)
    assert "确认后订单里会有取货码" in page
    assert order.pickup_code not in page


def test_a_full_group_whose_order_is_looked_at_does_not_wait_for_the_group(read):
    order, _review = held(sku_on_sale(), cast.person(), held=True)
    assert "成团就发货" in read(order)
    hold_release(order_ids=[order.pk], kind="group", now=cast.clock.now())
    assert "商家正在确认这笔订单" in read(order)
