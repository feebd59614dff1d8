"""Invoices and sheets are counted with every other upload, before anything reads them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import clock, limits
from orders.models import Invoice
from orders.services import invoice_request
from orders.tests.factories import paid_make
from tests.office import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _none(monkeypatch):
    monkeypatch.setattr(limits, "UPLOADS", 0)


def test_a_sheet_too_many_is_not_read(monkeypatch):
    monkeypatch.setattr("orders.admin.batches.sheet_read", lambda _: pytest.fail("it was read"))
    client = staff_client(paid_make().store)
    answer = client.post(
        "/office/orders/order/bulk-ship/", {"sheet": SimpleUploadedFile("a.xlsx", b"x")}
    )
    assert "上传太频繁" in str(answer.context["form"].errors["sheet"])


def test_an_invoice_too_many_is_not_read(monkeypatch):
    monkeypatch.setattr(
        "orders.admin.invoice.invoice_issue", lambda **_: pytest.fail("it was read")
    )
    order = paid_make()
    invoice_request(
        order_id=order.pk, kind="person", title="枣", tax_no="", email="a@b.cn", now=clock.now()
    )
    invoice = Invoice.objects.get()
    answer = staff_client(order.store).post(
        f"/office/orders/invoice/{invoice.pk}/issue/",
        {"file": SimpleUploadedFile("a.pdf", b"%PDF-1")},
    )
    assert "上传太频繁" in str(answer.context["form"].errors["file"])
    assert Invoice.objects.get().state == "requested"
