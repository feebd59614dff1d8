"""An invoice is asked for, issued and cancelled at once. Each with its control."""

from threading import Event

import pytest

from core import clock
from core.models import Fact
from orders.invoices import over_fens
from orders.models import Invoice, Order
from orders.services import (
    InvoiceRefused,
    invoice_issue,
    invoice_request,
    invoice_reverse,
    order_cancel,
)
from orders.states import INVOICE
from tests import cast
from tests.races.orders import paid
from tests.races.threads import (
    LEADS,
    MEETING_S,
    at_once,
    head_to_head,
    kinds,
    many,
    together,
    unlocked,
)

pytestmark = pytest.mark.django_db(transaction=True)


PARTICULARS = {"kind": "person", "title": "张三", "tax_no": "", "email": "a@example.com"}


def ask(order):
    return invoice_request(order_id=order.pk, now=clock.now(), **PARTICULARS)


def upload(invoice, n):
    data = b"%PDF-1.7 " + b"x" * n + b" %%EOF"
    return invoice_issue(invoice_id=invoice.pk, data=data, by_id=None, now=clock.now())


@pytest.fixture
def kept(settings, tmp_path):
    """How many files are kept."""
    settings.PRIVATE_ROOT = str(tmp_path)
    return lambda: len([one for one in tmp_path.rglob("*") if one.is_file()])


def test_six_requests_are_one_invoice_and_six_uploads_one_file(kept):
    order = paid(1)
    assert kinds(many(lambda _: ask(order), 6)) == {"ok": 1, "InvoiceRefused": 5}
    invoice = Invoice.objects.get()
    told = many(lambda n: upload(invoice, n), 6)
    assert kinds(told) == {"ok": 1, "InvoiceRefused": 5}
    assert kept() == 1


def test_without_the_orders_lock_only_the_row_per_order_stops_a_second_request(orders_unlock):
    """Control: both have seen an order without an invoice. The database refuses, by an error."""
    order = paid(1)
    orders_unlock("invoice")
    told = at_once(lambda: ask(order), lambda: ask(order))
    assert kinds(told) == {"ok": 1, "IntegrityError": 1}


@pytest.mark.parametrize("lead_s", LEADS)
def test_an_invoice_is_asked_for_while_its_order_is_cancelled(lead_s):
    """Whichever is first: nobody is left waiting for an invoice of money that went back."""
    order = paid(1)
    asking, cancelling = head_to_head(lambda: ask(order), lambda: cancel(order), lead_s=lead_s)
    assert cancelling is True
    cast.deliver()
    states = list(Invoice.objects.values_list("state", flat=True))
    assert states == ([] if isinstance(asking, InvoiceRefused) else ["declined"])


def test_without_the_orders_lock_an_invoice_waits_for_ever(monkeypatch):
    """Control: the buyer has seen an order whose money is kept, and asks after the refund was heard of."""
    order = paid(1)
    seen, heard, create = Event(), Event(), Invoice.objects.create

    def late(**fields):
        seen.set()
        assert heard.wait(MEETING_S)
        return create(**fields)

    def ends():
        assert seen.wait(MEETING_S)
        cancel(order)
        cast.deliver()
        heard.set()

    monkeypatch.setattr("orders.services.invoice.order_lock", lambda pk: Order.objects.get(pk=pk))
    monkeypatch.setattr(Invoice.objects, "create", late)
    assert kinds(at_once(lambda: ask(order), ends)) == {"ok": 2}
    assert Invoice.objects.get().state == "requested"


def test_without_comparison_two_uploads_are_two_files(kept, monkeypatch):
    """Control: both have read a request that waits, and nobody looks again."""
    order = paid(1)
    invoice = ask(order)
    monkeypatch.setattr(INVOICE, "move_row", lambda row, name, *, now, changes=None: True)
    assert kinds(many(lambda n: upload(invoice, n), 2)) == {"ok": 2}
    assert kept() == 2


def cancel(order):
    return order_cancel(order_id=order.pk, reason="断货", now=clock.now())


@pytest.mark.parametrize("lead_s", LEADS)
def test_an_invoice_is_issued_while_its_order_is_cancelled(kept, lead_s):
    order = paid(1)
    invoice = ask(order)
    issuing, cancelling = head_to_head(
        lambda: upload(invoice, 1), lambda: cancel(order), lead_s=lead_s
    )
    assert cancelling is True
    cast.deliver()
    invoice.refresh_from_db()
    refused = isinstance(issuing, InvoiceRefused)
    assert (invoice.state, kept()) == (("declined", 0) if refused else ("issued", 1))
    # One that is out is known to say too much, whoever came first.
    assert over_fens([invoice]) == ({} if refused else {invoice.pk: order.payable_fen})


def test_without_the_orders_lock_an_invoice_is_of_money_that_went_back(kept, orders_unlock):
    """Control: the uploader has seen an order whose money is kept, and acts after the refund."""
    order = paid(1)
    invoice = ask(order)
    orders_unlock("invoice", "cancel")
    before = together(lambda _ref: order.payable_fen, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orders.services.invoice.invoice_fen", before)
        told = at_once(lambda: upload(invoice, 1), lambda: cancel(order))
    assert kinds(told) == {"ok": 2}
    invoice.refresh_from_db()
    order.refresh_from_db()
    assert (invoice.state, order.state) == ("issued", "cancelled")


@pytest.fixture
def reversible(kept):
    """An invoice that is out, whose order's money all went back."""
    order = paid(1)
    invoice = ask(order)
    upload(invoice, 1)
    cancel(order)
    cast.deliver()
    return Invoice.objects.get()


def reverse(invoice):
    return invoice_reverse(invoice_id=invoice.pk, upto_fen=invoice.issued_fen, now=clock.now())


def reversals():
    return Fact.objects.filter(name="invoice.reversed").count()


def test_six_who_say_that_it_is_reversed_say_it_once(reversible):
    told = many(lambda _: reverse(reversible), 6)
    assert sorted(told) == [False] * 5 + [True]
    assert reversals() == 1
    assert over_fens([Invoice.objects.get()]) == {}


def test_without_the_condition_it_is_said_twice(reversible, monkeypatch):
    """Control: both have read that nothing is reversed, and each writes what it saw."""

    def write(invoice_id, *, upto_fen, now):
        found = unguarded(invoice_id)
        rows = Invoice.objects.filter(pk=invoice_id)
        return found < upto_fen and rows.update(reversed_fen=upto_fen, reversed_at=now) == 1

    read = Invoice.objects.values_list("reversed_fen", flat=True)
    unguarded = unlocked(lambda pk: read.get(pk=pk), 2)
    monkeypatch.setattr("orders.services.invoice.reversed_raise", write)
    assert many(lambda _: reverse(reversible), 2) == [True, True]
    assert reversals() == 2
