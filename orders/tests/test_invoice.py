"""Invoices: sound particulars, one per order, a private file that is what it says."""

import io
import zipfile
from datetime import timedelta
from importlib import import_module

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from core.models import Fact
from orders.invoices import over_fens
from orders.models import Invoice
from orders.services import (
    InvoiceRefused,
    invoice_decline,
    invoice_issue,
    invoice_request,
    invoice_reverse,
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
    store_open,
)
from payments.models import Refund
from payments.services import refund_request, refund_settle
from stores.tests.factories import staff_make

pytestmark = pytest.mark.django_db
CODE = "91350100M000100Y43"  # the example of the standard
PDF = b"%PDF-1.7\n...\n%%EOF\n"


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_ROOT = str(tmp_path)
    return tmp_path


def ofd():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("OFD.xml", "<ofd/>")
    return out.getvalue()


def ask(order, **changes):
    return invoice_request(
        **{
            "order_id": order.pk,
            "kind": "company",
            "title": "枣园食品有限公司",
            "tax_no": CODE,
            "email": "fapiao@example.com",
            "now": clock.now(),
            **changes,
        }
    )


def issue(invoice, data=PDF):
    return invoice_issue(invoice_id=invoice.pk, data=data, by_id=None, now=clock.now())


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


# --- issued, and then money goes back ---
def part_back(order, fen, part="line_0"):
    with transaction.atomic():
        refund_request(
            payment_id=order.payment_id,
            reason="line_cancelled",
            part=part,
            amount_fen=fen,
            now=clock.now(),
        )


def cleared(order):
    """All its refunds come."""
    for refund in Refund.objects.filter(order_ref=order.public_id, state="requested"):
        refund_settle(
            refund_id=refund.pk,
            provider_refund_id=f"50{refund.pk}",
            amount_fen=refund.amount_fen,
            succeeded_at=clock.now(),
            now=clock.now(),
        )


def issued_for(who, **changes):
    """An order of 65 yuan whose invoice is out."""
    order = paid_make(sku_on_sale(), who=who, **changes)
    invoice = issue(ask(order))
    invoice.refresh_from_db()
    return order, invoice


def test_an_invoice_says_what_was_kept_when_it_was_issued():
    order = shipped_make()
    part_back(order, 500)
    invoice = issue(ask(order))
    invoice.refresh_from_db()
    assert invoice.issued_fen == order.payable_fen - 500
    assert over_fens([invoice]) == {}


@pytest.mark.parametrize("comes", [False, True])
def test_what_goes_back_of_an_issued_invoice_is_to_be_reversed(client, comes):
    who = person()
    order, invoice = issued_for(who)
    other, untouched = issued_for(person())
    part_back(order, 1200)
    if comes:
        cleared(order)
    assert over_fens([invoice, untouched]) == {invoice.pk: 1200}
    client.force_login(staff_make(order.store).user)
    for path in (
        "/office/orders/invoice/",
        f"/office/orders/invoice/{invoice.pk}/change/",
        f"/office/orders/order/{order.pk}/change/",
    ):
        assert "需红冲 12.00 元" in client.get(path).content.decode(), path
    client.force_login(staff_make(other.store).user)
    page = client.get(f"/office/orders/order/{other.pk}/change/").content.decode()
    assert "已开票 65.00 元" in page
    assert "需红冲" not in page + client.get("/office/orders/invoice/").content.decode()
    client.force_login(who.user)
    page = client.get(f"/orders/{order.public_id}/invoice/").content.decode()
    assert "发票金额 65.00 元，其中 12.00 元已经退款" in page


def test_an_invoice_of_a_cancelled_order_is_good_for_nothing_and_its_buyer_reads_so(client):
    who = person()
    order, invoice = issued_for(who)
    client.force_login(who.user)
    path = f"/orders/{order.public_id}/"
    assert "红冲" not in client.get(f"{path}invoice/").content.decode()
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    deliver()
    invoice.refresh_from_db()
    assert (invoice.state, over_fens([invoice])) == ("issued", {invoice.pk: 6500})
    assert f"{path}invoice/" in client.get(path).content.decode()
    page = client.get(f"{path}invoice/").content.decode()
    assert "不能再用来报销或抵扣" in page
    assert "才能申请发票" not in page


@pytest.mark.parametrize("act", ["cancel", "cancel-line"])
def test_whoever_cancels_is_warned_of_an_invoice_that_is_out(client, act):
    order, _invoice = issued_for(person())
    client.force_login(staff_make(order.store).user)
    path = f"/office/orders/order/{order.pk}"
    assert "已经开过 65.00 元的发票" in client.get(f"{path}/{act}/").content.decode()
    assert "已经开过" not in client.get(f"{path}/ship/").content.decode()
    asked = paid_make(order.lines.get().sku)
    ask(asked)
    page = client.get(f"/office/orders/order/{asked.pk}/{act}/").content.decode()
    assert "已经开过" not in page


def test_a_credit_note_is_put_down_once_and_its_buyer_reads_so(client):
    who = person()
    order, invoice = issued_for(who)
    part_back(order, 1200)
    boss = staff_make(order.store).user
    page, act = (
        f"/office/orders/invoice/{invoice.pk}/change/",
        f"/office/orders/invoice/{invoice.pk}/reverse/",
    )
    client.force_login(boss)
    form = client.get(act).content.decode()
    assert "12.00 元的红字发票" in form and 'name="upto_fen" value="1200"' in form
    assert client.get(act).status_code == 200  # reading it puts nothing down
    for said in ("已登记", "已经登记过"):
        answer = client.post(act, {"upto_fen": 1200}, follow=True).content.decode()
        assert said in answer
    text = client.get(page).content.decode()
    assert "已红冲 12.00 元" in text and "需红冲" not in text
    assert Fact.objects.filter(name="invoice.reversed").count() == 1
    told = client.get(f"/office/orders/order/{order.pk}/change/").content.decode()
    assert "已开票 65.00 元，已红冲 12.00 元" in told and "商家已开红字发票" in told
    assert "没有要红冲的金额" in client.get(act, follow=True).content.decode()
    client.force_login(who.user)
    text = client.get(f"/orders/{order.public_id}/invoice/").content.decode()
    assert "其中 12.00 元商家已经红冲" in text and "要由商家红冲" not in text


def test_more_that_goes_back_is_to_be_reversed_again(client):
    who = person()
    order, invoice = issued_for(who)
    part_back(order, 1200)
    assert reverse(invoice, 1200)
    part_back(order, 300, "line_1")
    invoice.refresh_from_db()
    assert over_fens([invoice]) == {invoice.pk: 300}
    assert not reverse(invoice, 1000)  # an old page, sent again
    assert reverse(invoice, 1500)
    invoice.refresh_from_db()
    assert (invoice.reversed_fen, over_fens([invoice])) == (1500, {})
    order_cancel(order_id=order.pk, reason="断货", now=clock.now())
    client.force_login(who.user)
    path = f"/orders/{order.public_id}/invoice/"
    assert "要由商家红冲" in client.get(path).content.decode()
    assert reverse(invoice, 6500)
    text = client.get(path).content.decode()
    assert "商家已经红冲这张发票" in text and "要由商家红冲" not in text


def reverse(invoice, fen):
    return invoice_reverse(invoice_id=invoice.pk, upto_fen=fen, now=clock.now())


def test_nothing_is_reversed_that_did_not_go_back(client):
    order, invoice = issued_for(person())
    with pytest.raises(InvoiceRefused, match="没有这么多"):
        reverse(invoice, 1)
    part_back(order, 1200)
    with pytest.raises(InvoiceRefused, match="没有这么多"):
        reverse(invoice, 1201)
    client.force_login(staff_make(order.store).user)
    act = f"/office/orders/invoice/{invoice.pk}/reverse/"
    assert "没有这么多" in client.post(act, {"upto_fen": 1201}).content.decode()
    client.force_login(staff_make(store_open()).user)
    assert client.post(act, {"upto_fen": 1200}).status_code == 404
    invoice.refresh_from_db()
    assert invoice.reversed_fen == 0
    waiting = ask(paid_make(order.lines.get().sku))
    with pytest.raises(InvoiceRefused):
        reverse(waiting, 1)
    for wrong in ({"reversed_fen": 6501}, {"reversed_fen": 1, "state": "declined"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**wrong)


def test_the_list_of_invoices_costs_the_same_for_one_and_for_many(client):
    first, _invoice = issued_for(person())
    part_back(first, 100)
    client.force_login(staff_make(first.store).user)
    client.get("/office/orders/invoice/")  # what is read once and remembered
    costs = []
    for number in (1, 2, 3):
        with CaptureQueriesContext(connection) as told:
            page = client.get("/office/orders/invoice/").content.decode()
        assert page.count("需红冲 1.00 元") == number
        costs.append(len(told))
        order = paid_make(first.lines.get().sku)
        issue(ask(order))
        part_back(order, 100)
    assert len(set(costs)) == 1


def test_invoices_that_were_out_before_amounts_were_kept_get_what_was_kept_then():
    order, invoice = issued_for(person())
    part_back(order, 700)
    Refund.objects.update(requested_at=invoice.issued_at - timedelta(seconds=1))
    part_back(order, 300, "line_1")
    Refund.objects.filter(part="line_1").update(
        requested_at=invoice.issued_at + timedelta(seconds=1)
    )
    Invoice.objects.update(issued_fen=1)
    with connection.cursor() as cursor:
        cursor.execute(import_module("orders.migrations.0002_invoice_amount").AMOUNTS)
    invoice.refresh_from_db()
    assert invoice.issued_fen == 6500 - 700
    assert over_fens([invoice]) == {invoice.pk: 300}
