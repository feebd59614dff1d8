"""Invoices that tests ask for and issue."""

import io
import zipfile

from core import clock
from orders.services import invoice_issue, invoice_request
from orders.tests.factories import paid_make, sku_on_sale

CODE = "91350100M000100Y43"  # the example of the standard
PDF = b"%PDF-1.7\n...\n%%EOF\n"


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


def issued_for(who, **changes):
    """An order of 65 yuan whose invoice is out."""
    order = paid_make(sku_on_sale(), who=who, **changes)
    invoice = issue(ask(order))
    invoice.refresh_from_db()
    return order, invoice
