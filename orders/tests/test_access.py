"""Whoever of the staff sees a buyer's full address leaves a row; masked lists leave none."""

import pytest
from django.db import IntegrityError, transaction

from core import clock
from core.models import AccessEntry
from orders.services import invoice_issue, invoice_request
from orders.tests.factories import paid_make, person, sku_on_sale, store_open
from orders.tests.test_invoice import CODE, PDF
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


# --- invoices ---
@pytest.fixture
def invoice(order, settings, tmp_path):
    settings.PRIVATE_ROOT = str(tmp_path)
    return invoice_request(
        order_id=order.pk,
        kind="person",
        title="王小明",
        tax_no="",
        email="fapiao@example.com",
        now=clock.now(),
    )


def test_an_invoices_page_its_acts_and_its_file_are_looks(client, invoice, admin_user):
    page = f"/office/orders/invoice/{invoice.pk}"
    assert "fapiao@example.com" in client.get(f"{page}/change/").content.decode()
    assert "王小明" in client.get(f"{page}/issue/").content.decode()
    assert "王小明" in client.get(f"{page}/decline/").content.decode()
    assert client.get(f"{page}/file/").status_code == 302  # there is none yet, so nobody saw it
    invoice_issue(invoice_id=invoice.pk, data=PDF, by_id=None, now=clock.now())
    assert client.get(f"{page}/file/").content == PDF
    looks = ("发票", "上传发票", "不能开票", "下载发票")
    assert seen() == [(what, invoice.public_id, 1) for what in looks]
    client.force_login(admin_user)
    client.get(f"{page}/change/")
    row = AccessEntry.objects.last()
    assert (row.user_id, row.store_id, row.what) == (admin_user.pk, None, "发票")


def test_the_list_of_invoices_masks_a_persons_title_and_leaves_nothing(client, clerk, invoice):
    company = paid_make(sku_on_sale(clerk.store))
    invoice_request(
        order_id=company.pk,
        kind="company",
        title="枣园食品有限公司",
        tax_no=CODE,
        email="fapiao@example.com",
        now=clock.now(),
    )
    page = client.get("/office/orders/invoice/").content.decode()
    assert "王**" in page
    assert "王小明" not in page
    assert "枣园食品有限公司" in page
    assert seen() == []


def test_a_strangers_invoice_is_no_look(client, invoice):
    client.force_login(staff_make(store_open()).user)
    for path in ("change", "issue", "file"):
        client.get(f"/office/orders/invoice/{invoice.pk}/{path}/")
    assert seen() == []
