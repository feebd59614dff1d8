"""A buyer's invoice: asked for, and fetched when the merchant has uploaded it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import clock
from core.downloads import download
from core.errors import NotHere
from core.public_pages import personal
from orders import invoices, services
from orders.views.mine import card_or_404

FIELDS = ("kind", "title", "tax_no", "email")


@require_http_methods(["GET", "POST"])
@personal
@login_required
def invoice(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET shows how it stands, or the form; POST asks for it. What was typed is kept."""
    card, trouble = card_or_404(request, public_id), ""
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    if request.method == "POST":
        try:
            services.invoice_request(order_id=card.id, now=clock.now(), **typed)
        except services.InvoiceRefused as refusal:
            trouble = str(refusal)
        else:
            return redirect("orders:invoice", public_id)
    context = {
        "card": card,
        "invoice": invoices.invoice_of(card.id),
        "typed": typed,
        "trouble": trouble,
    }
    return render(request, "orders/invoice.html", context, status=422 if trouble else 200)


@require_safe
@personal
@login_required
def invoice_file(request: HttpRequest, public_id: str) -> HttpResponse:
    """The file, for the order's buyer alone."""
    row = invoices.invoice_row(card_or_404(request, public_id).id)
    try:
        if row is None:
            raise FileNotFoundError(public_id)
        return file_answer(*services.invoice_file(row))
    except FileNotFoundError as missing:
        raise NotHere(_("发票还没有开好。")) from missing


def file_answer(data: bytes, content_type: str) -> HttpResponse:
    """The file, named by what it is."""
    return download(data, content_type, f"invoice.{content_type.rpartition('/')[2]}")
