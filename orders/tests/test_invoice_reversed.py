"""An invoice is out, and then money of it goes back: how much is to be reversed, and that it was."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from core.models import Fact
from orders.invoices import over_fens
from orders.models import Invoice
from orders.services import (
    InvoiceRefused,
    invoice_reverse,
    order_cancel,
)
from orders.tests.factories import (
    deliver,
    paid_make,
    person,
    shipped_make,
    store_open,
)
from orders.tests.invoices import ask, issue, issued_for
from payments.models import Refund
from payments.services import refund_request, refund_settle
from stores.tests.factories import staff_make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private")]


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
