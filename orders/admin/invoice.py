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
from core.columns import named_in_full
from core.crypto import mask_name
from core.limits import UPLOADS_REFUSED, upload_allowed
from core.money import yuan
from core.numbers import ref
from orders.admin.looks import look_record
from orders.invoices import over_fens, reversal_words
from orders.models import Invoice
from orders.services import (
    InvoiceRefused,
    invoice_decline,
    invoice_file,
    invoice_issue,
    invoice_reverse,
)
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


class ReverseForm(forms.Form):
    """That a credit note is out. `upto_fen` is what is reversed with it in all, as the page said."""

    upto_fen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


@admin.register(Invoice)
class InvoicePage(ReadOnlyAdmin):
    """Invoices that buyers asked for."""

    platform = owner = clerk = VIEW
    list_display = ["public_id", "order", "state", "over", "kind", "titled", "requested_at"]
    list_filter = ["state", "kind"]
    search_numbers = [ref("inv"), ref("ord", "order__public_id")]
    list_select_related = ["store", "order"]
    ordering = ["-id"]
    actions_detail = ["issue", "decline", "reverse", "fetch"]
    fields = [
        "public_id",
        "order",
        "state",
        "kind",
        "title",
        "tax_no",
        "mail",
        "amount",
        "issued",
        "over",
        "requested_at",
        "issued_at",
        "reversed_at",
        "declined_at",
        "decline_reason",
        "by_name",
    ]
    by_name = named_in_full("by", _("操作人"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.fields)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        look_record(request, _("发票"), [context["original"].public_id])
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("发票抬头"))
    def titled(self, invoice: Invoice) -> str:
        """A person's title is a name: the list shows no more of it than of a recipient's."""
        is_person = invoice.kind == Invoice.Kind.PERSON
        return mask_name(invoice.title) if is_person else invoice.title

    @admin.display(description=_("邮箱（买家选填）"))
    def mail(self, invoice: Invoice) -> str:
        return invoice.email or "—"

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
        return reversal_words(over_fen=over_fen, reversed_fen=invoice.reversed_fen) or "—"

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

    @action(
        description=_("登记红冲"),
        url_path="reverse",
        icon="assignment_return",
        permissions=["work"],
    )
    def reverse(self, request: HttpRequest, object_id: int) -> HttpResponse:
        invoice = get_object_or_404(self.get_queryset(request), pk=object_id)
        over_fen = over_fens([invoice]).get(invoice.pk, 0)
        form = ReverseForm(
            request.POST or None, initial={"upto_fen": invoice.reversed_fen + over_fen}
        )
        if request.method == "POST" and form.is_valid():
            try:
                done = invoice_reverse(
                    invoice_id=invoice.pk, upto_fen=form.cleaned_data["upto_fen"], now=clock.now()
                )
            except InvoiceRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                said = _("已登记，买家可以看到。") if done else _("已经登记过，没有改动。")
                messages.success(request, said)
                return self._back(invoice)
        if not over_fen:
            messages.info(request, _("这张发票没有要红冲的金额。"))
            return self._back(invoice)
        warning = _(
            "请先在开票系统对这张发票开出 %(amount)s 元的红字发票，再在这里登记；登记后不能撤销。"
        ) % {"amount": yuan(over_fen)}
        return self._form(
            request, invoice, form, title=_("登记红冲"), submit=_("已开红字发票"), warning=warning
        )

    @action(description=_("下载发票"), url_path="file", icon="download", permissions=["work"])
    def fetch(self, request: HttpRequest, object_id: int) -> HttpResponse:
        invoice = get_object_or_404(self.get_queryset(request), pk=object_id)
        try:
            kept = invoice_file(invoice)
        except FileNotFoundError:
            messages.info(request, _("发票还没有上传。"))
            return self._back(invoice)
        look_record(request, _("下载发票"), [invoice.public_id])
        return file_answer(*kept)

    def _back(self, invoice: Invoice) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:orders_invoice_change", args=[invoice.pk]))

    def _form(
        self,
        request: HttpRequest,
        invoice: Invoice,
        form: forms.Form,
        *,
        title: Any,
        submit: Any,
        warning: str = "",
    ) -> HttpResponse:
        look_record(request, title, [invoice.public_id])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "invoice": invoice,
            "form": form,
            "title": title,
            "submit": submit,
            "warning": warning,
        }
        return render(request, "admin/orders/invoice/act.html", context)
