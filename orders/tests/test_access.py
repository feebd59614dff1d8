"""Whoever of the staff sees a buyer's full address leaves a row; masked lists leave none."""

import pytest
from django.db import IntegrityError, transaction

from core.models import AccessEntry
from orders.tests.factories import paid_make, person, sku_on_sale, store_open
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    staff = staff_make(store_open(), role="clerk")
    client.force_login(staff.user)
    return staff


@pytest.fixture
def order(clerk):
    return paid_make(sku_on_sale(clerk.store))


def seen():
    return list(AccessEntry.objects.order_by("pk").values_list("what", "reference", "count"))


def test_an_orders_page_and_its_acts_are_looks(client, clerk, order):
    page = f"/office/orders/order/{order.pk}"
    assert order.phone in client.get(f"{page}/change/").content.decode()
    assert order.phone in client.get(f"{page}/address/").content.decode()
    assert seen() == [("订单", order.public_id, 1), ("修改收货信息", order.public_id, 1)]
    row = AccessEntry.objects.first()
    assert (row.user_id, row.store_id) == (clerk.user_id, clerk.store_id)


def test_what_is_taken_away_is_counted(client, clerk, order):
    paid_make(sku_on_sale(clerk.store))
    client.get("/office/orders/order/sheet/", follow=True)
    chosen = {"action": "labels", "_selected_action": [order.pk]}
    client.post("/office/orders/order/", chosen)
    assert seen() == [("下载待发货表格", "", 2), ("打印发货面单", order.public_id, 1)]


def test_a_masked_list_a_picking_list_and_a_strangers_order_leave_nothing(client, order):
    assert order.phone not in client.get("/office/orders/order/").content.decode()
    client.post("/office/orders/order/", {"action": "picking", "_selected_action": [order.pk]})
    client.get(f"/office/orders/order/{paid_make().pk}/change/")
    client.get(f"/office/orders/order/{order.pk}/money/")
    assert seen() == []


def test_the_platform_reads_the_list_and_merchants_do_not(client, clerk, order, admin_user):
    client.get(f"/office/orders/order/{order.pk}/change/")
    path = "/office/core/accessentry/"
    assert client.get(path).status_code == 403
    client.force_login(admin_user)
    page = client.get(path).content.decode()
    assert order.public_id in page
    assert "修改收货信息" not in page


def test_no_row_is_changed_or_deleted(client, clerk, order):
    client.get(f"/office/orders/order/{order.pk}/change/")
    for act in (lambda: AccessEntry.objects.update(count=2), AccessEntry.objects.all().delete):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            act()
    assert seen() == [("订单", order.public_id, 1)]


def test_the_buyer_sees_the_own_order_masked(client):
    who = person()
    order = paid_make(sku_on_sale(), who=who)
    client.force_login(who.user)
    assert order.phone not in client.get(f"/orders/{order.public_id}/").content.decode()
    assert seen() == []
