"""Invoices: sound particulars, one per order, a private file that is what it says."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from core import clock
from core.models import Fact
from orders.models import Invoice
from orders.services import (
    InvoiceRefused,
    invoice_decline,
    order_cancel,
)
from orders.tax import credit_code_clean, credit_code_is_sound
from orders.tests.factories import (
    deliver,
    order_make,
    paid_make,
    person,
    shipped_make,
    sku_on_sale,
)
from orders.tests.invoices import CODE, PDF, ask, issue, ofd
from payments.services import refund_request
from stores.tests.factories import staff_make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private")]


def test_the_check_character():
    assert credit_code_is_sound(CODE)
    assert credit_code_is_sound(credit_code_clean(" 91350100 m000100y43 "))
    wrong = [CODE[:i] + ("1" if CODE[i] != "1" else "2") + CODE[i + 1 :] for i in range(18)]
    assert not any(credit_code_is_sound(one) for one in wrong)
    assert not any(credit_code_is_sound(one) for one in ("", CODE[:17], CODE + "0", "I" * 18))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "other"}, "抬头类型"),
        ({"title": " "}, "抬头"),
        ({"title": "长" * 101}, "抬头"),
        ({"tax_no": CODE[:-1] + "4"}, "统一社会信用代码"),
        ({"tax_no": ""}, "统一社会信用代码"),
        ({"email": "nobody"}, "邮箱"),
    ],
)
def test_particulars_that_cannot_be_are_refused(changes, words):
    with pytest.raises(InvoiceRefused, match=words):
        ask(paid_make(), **changes)
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("make", [order_make, lambda: paid_make(held=True)])
def test_nothing_is_invoiced_before_it_is_paid_and_sure(make):
    with pytest.raises(InvoiceRefused, match="付款"):
        ask(make())


def test_asking_twice_is_one_invoice_and_a_person_has_no_tax_number():
    order = paid_make()
    invoice = ask(order, kind="person", title="张三")
    assert invoice.tax_no == ""
    with pytest.raises(InvoiceRefused, match="不必重复"):
        ask(order)
    assert Invoice.objects.get().title == "张三"
    assert Fact.objects.filter(name="invoice.requested").count() == 1


@pytest.mark.parametrize("data", [PDF, ofd()])
def test_a_file_is_kept_once(data, private):
    invoice = ask(shipped_make())
    issue(invoice, data)
    with pytest.raises(InvoiceRefused, match="没有改动"):
        issue(invoice, data)
    invoice.refresh_from_db()
    kept = [path for path in private.rglob("*") if path.is_file()]
    assert (invoice.state, len(kept)) == ("issued", 1)
    assert kept[0].read_bytes() == data


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7 cut", b"<html>%%EOF", b"PK\x03\x04", PDF + b"x" * (5 * 1024 * 1024)]
)
def test_what_is_no_invoice_is_not_kept(data, private):
    invoice = ask(paid_make())
    with pytest.raises(InvoiceRefused):
        issue(invoice, data)
    assert not list(private.rglob("*.*"))


def test_whoever_comes_second_leaves_no_file(private, monkeypatch):
    invoice = ask(paid_make())
    stale = Invoice.objects.get(pk=invoice.pk)
    invoice_decline(invoice_id=invoice.pk, reason="抬头不对", by_id=None, now=clock.now())
    monkeypatch.setattr("orders.services.invoice.Invoice.objects.get", lambda **_key: stale)
    with pytest.raises(InvoiceRefused, match="没有改动"):
        issue(invoice)
    assert not [path for path in private.rglob("*") if path.is_file()]


def test_declined_is_corrected_and_asked_again():
    order = paid_make()
    invoice = ask(order)
    invoice_decline(invoice_id=invoice.pk, reason="抬头不对", by_id=None, now=clock.now())
    assert ask(order, title="枣园（山西）食品有限公司").pk == invoice.pk
    invoice.refresh_from_db()
    assert (invoice.state, invoice.title) == ("requested", "枣园（山西）食品有限公司")


def test_an_address_is_given_only_by_who_wants_to():
    invoice = ask(paid_make(), email=" ")
    invoice.refresh_from_db()
    assert (invoice.state, invoice.email) == ("requested", "")


def test_nobody_of_the_store_said_that_the_money_went_back(client):
    who = person()
    order = paid_make(sku_on_sale(), who=who)
    clerk = staff_make(order.store).user
    invoice = ask(order, email="")
    declined = {"invoice_id": invoice.pk, "by_id": clerk.pk, "now": clock.now()}
    invoice_decline(**declined, reason="抬头不对")
    path = f"/orders/{order.public_id}/invoice/"
    client.force_login(who.user)
    page = client.get(path).content.decode()
    assert "商家说明：<bdi>抬头不对" in page and "申请发票" in page
    assert 'name="email" type="email" maxlength="254" value="" autocomplete="email">' in page
    ask(order)  # the clerk is still the one who did something about it last
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    deliver()
    invoice.refresh_from_db()
    assert (invoice.state, invoice.by_id) == ("declined", None)
    page = client.get(path).content.decode()
    assert "款项已全部退回，不能再开票" in page
    for wrong in ("商家说明", "申请发票", "商家正在开票"):
        assert wrong not in page, wrong
    client.force_login(clerk)
    office = client.get(f"/office/orders/invoice/{invoice.pk}/change/").content.decode()
    assert "邮箱（买家选填）" in office and "fapiao@example.com" in office


def test_what_somebody_declined_who_left_the_store_may_be_asked_for_again(client):
    who = person()
    order = paid_make(sku_on_sale(), who=who)
    invoice_decline(invoice_id=ask(order).pk, reason="抬头不对", by_id=None, now=clock.now())
    client.force_login(who.user)
    page = client.get(f"/orders/{order.public_id}/invoice/").content.decode()
    assert "商家说明：<bdi>抬头不对" in page and "<form" in page


def test_nothing_is_invoiced_of_what_went_back(client, private):
    who = person()
    order = paid_make(sku_on_sale(), who=who)
    invoice = ask(order)
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    with pytest.raises(InvoiceRefused, match="全部退回"):
        issue(invoice)
    assert not [path for path in private.rglob("*") if path.is_file()]
    deliver()
    invoice.refresh_from_db()
    assert (invoice.state, invoice.decline_reason) == ("declined", "款项已全部退回，不能再开票")
    with pytest.raises(InvoiceRefused, match="订单有效"):
        ask(order)


def test_a_sent_order_whose_money_went_back_has_no_invoice_either():
    order = shipped_make()
    invoice = ask(order)
    part = {"payment_id": order.payment_id, "reason": "line_cancelled", "part": "line_0"}
    with transaction.atomic():
        refund_request(**part, amount_fen=order.payable_fen - 1, now=clock.now())
    deliver()
    invoice.refresh_from_db()
    assert invoice.state == "requested"  # one fen is kept
    with transaction.atomic():
        refund_request(payment_id=order.payment_id, reason="cancelled", now=clock.now())
    with pytest.raises(InvoiceRefused, match="全部退回"):
        issue(invoice)
    deliver()
    invoice.refresh_from_db()
    assert invoice.state == "declined"
    with pytest.raises(InvoiceRefused, match="订单有效"):
        ask(order)


def test_asked_for_issued_and_fetched(client):
    who = person()
    order = paid_make(sku_on_sale(), who=who)
    client.force_login(who.user)
    path = f"/orders/{order.public_id}/invoice/"
    form = {"kind": "company", "title": "枣园", "tax_no": "1234", "email": "a@example.com"}
    answer = client.post(path, form)
    page = answer.content.decode()
    assert (answer.status_code, "对照营业执照" in page, 'value="枣园"' in page) == (422, True, True)
    assert "待开票" in client.post(path, {**form, "tax_no": CODE}, follow=True).content.decode()
    assert client.get(path + "file/").status_code == 404
    client.force_login(staff_make(order.store).user)
    office = f"/office/orders/invoice/{Invoice.objects.get().pk}/issue/"
    assert client.get(office).status_code == 200
    fake = SimpleUploadedFile("发票.pdf", b"<script>")
    assert "PDF 或 OFD" in client.post(office, {"file": fake}).content.decode()
    real = SimpleUploadedFile("发票.txt", PDF)
    page = client.post(office, {"file": real}, follow=True).content.decode()
    assert "买家可以下载" in page
    client.force_login(who.user)
    answer = client.get(path + "file/")
    assert (answer.content, answer.headers["Content-Type"]) == (PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    client.force_login(person().user)
    assert client.get(path + "file/").status_code == 404
    assert client.get(path).status_code == 404


def test_the_merchant_says_why_not_and_the_buyer_reads_it(client):
    who = person()
    order = paid_make(sku_on_sale(), who=who)
    invoice = ask(order)
    client.force_login(staff_make(order.store).user)
    office = f"/office/orders/invoice/{invoice.pk}/decline/"
    page = client.post(office, {"reason": "抬头与执照不符"}, follow=True).content.decode()
    assert "已告诉买家" in page
    client.force_login(who.user)
    page = client.get(f"/orders/{order.public_id}/invoice/").content.decode()
    assert "抬头与执照不符" in page
    assert "申请发票" in page
