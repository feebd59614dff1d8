"""Invoices: issued or declined by the store."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from core import clock
from core.limits import UPLOADS_REFUSED, upload_allowed
from core.money import yuan
from orders.invoices import over_fens
from orders.models import Invoice
from orders.services import InvoiceRefused, invoice_decline, invoice_file, invoice_issue
from orders.services.invoice import MAX_BYTES as INVOICE_BYTES
from orders.services.invoice import invoice_fen
from orders.views.invoice import file_answer
from stores.scoped import VIEW, ReadOnlyAdmin


class IssueForm(forms.Form):
    """The invoice's file."""

    file = forms.FileField(
        label=_("发票文件（PDF 或 OFD，最大 5 MB）"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".pdf,.ofd"}),
    )


class DeclineForm(forms.Form):
    """Why it cannot be issued; the buyer reads it."""

    reason = forms.CharField(
        label=_("未能开票的原因（买家会看到）"), max_length=120, widget=UnfoldAdminTextInputWidget
    )


@admin.register(Invoice)
class InvoicePage(ReadOnlyAdmin):
    """Invoices that buyers asked for."""

    platform = owner = clerk = VIEW
    list_display = ["public_id", "order", "state", "over", "kind", "title", "requested_at"]
    list_filter = ["state", "kind"]
    search_fields = ["=public_id", "=order__public_id"]
    list_select_related = ["store", "order"]
    ordering = ["-id"]
    actions_detail = ["issue", "decline", "fetch"]
    fields = [
        "public_id",
        "order",
        "state",
        "kind",
        "title",
        "tax_no",
        "email",
        "amount",
        "issued",
        "over",
        "requested_at",
        "issued_at",
        "declined_at",
        "decline_reason",
        "by",
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.fields)

    @admin.display(description=_("可开票金额（元）"))
    def amount(self, invoice: Invoice) -> str:
        return yuan(max(invoice_fen(invoice.order.public_id), 0))

    @admin.display(description=_("已开金额（元）"))
    def issued(self, invoice: Invoice) -> str:
        return "—" if invoice.issued_fen is None else yuan(invoice.issued_fen)

    @admin.display(description=_("红冲"))
    def over(self, invoice: Invoice) -> str:
        known: int | None = getattr(invoice, "over_fen", None)
        over_fen = over_fens([invoice]).get(invoice.pk, 0) if known is None else known
        return _("需红冲 %(amount)s 元") % {"amount": yuan(over_fen)} if over_fen else "—"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page's rows with what is to be reversed of them, in two queries more."""
        changelist = super().get_changelist_instance(request)
        found = over_fens(changelist.result_list)
        for row in changelist.result_list:
            row.over_fen = found.get(row.pk, 0)
        return changelist

    @action(description=_("上传发票"), url_path="issue", icon="upload", permissions=["work"])
    def issue(self, request: HttpRequest, object_id: int) -> HttpResponse:
        invoice = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = IssueForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and not upload_allowed(request):
            form.add_error("file", UPLOADS_REFUSED)
        elif request.method == "POST" and form.is_valid():
            data = form.cleaned_data["file"].read(INVOICE_BYTES + 1)
            try:
                invoice_issue(
                    invoice_id=invoice.pk, data=data, by_id=request.user.pk, now=clock.now()
                )
            except InvoiceRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("发票已上传，买家可以下载。"))
                return self._back(invoice)
        return self._form(request, invoice, form, title=_("上传发票"), submit=_("确认上传"))

    @action(description=_("不能开票"), url_path="decline", icon="block", permissions=["work"])
    def decline(self, request: HttpRequest, object_id: int) -> HttpResponse:
        invoice = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = DeclineForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            try:
                invoice_decline(
                    invoice_id=invoice.pk, reason=reason, by_id=request.user.pk, now=clock.now()
                )
            except InvoiceRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("已告诉买家，买家可以改好后重新申请。"))
                return self._back(invoice)
        return self._form(request, invoice, form, title=_("不能开票"), submit=_("确认"))

    @action(description=_("下载发票"), url_path="file", icon="download", permissions=["work"])
    def fetch(self, request: HttpRequest, object_id: int) -> HttpResponse:
        invoice = get_object_or_404(self.get_queryset(request), pk=object_id)
        try:
            return file_answer(*invoice_file(invoice))
        except FileNotFoundError:
            messages.info(request, _("发票还没有上传。"))
            return self._back(invoice)

    def _back(self, invoice: Invoice) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:orders_invoice_change", args=[invoice.pk]))

    def _form(
        self, request: HttpRequest, invoice: Invoice, form: forms.Form, *, title: Any, submit: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "invoice": invoice,
            "form": form,
            "title": title,
            "submit": submit,
        }
        return render(request, "admin/orders/invoice/act.html", context)
