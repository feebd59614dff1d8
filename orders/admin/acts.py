"""What staff do to one order: each act is a form of its own above the order."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from core import clock
from core.money import yuan
from orders.admin.forms import (
    AddressForm,
    CancelForm,
    LineCancelForm,
    LineRefundForm,
    LinesForm,
    NoteForm,
    RepriceForm,
    ShipForm,
)
from orders.admin.looks import look_record
from orders.admin.warnings import cancel_warning, invoice_warning, refund_warning
from orders.models import Order
from orders.services import (
    AddressRefused,
    CancelRefused,
    RefundRefused,
    RepriceRefused,
    ShipRefused,
    order_address_change,
    order_cancel,
    order_line_cancel,
    order_line_refund,
    order_note_add,
    order_price_ask,
    order_ship,
)
from orders.states import OrderState
from orders.words import state_words
from stores.scoped import ReadOnlyAdmin


class OrderActs(ReadOnlyAdmin):
    """The acts, for the order's page to take in."""

    @action(description=_("发货"), url_path="ship", icon="local_shipping", permissions=["work"])
    def ship(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = ShipForm(request.POST or None, lines=list(order.lines.order_by("pk")))
        if request.method == "POST" and form.is_valid():
            try:
                shipped = order_ship(
                    order_id=order.pk,
                    carrier=form.cleaned_data["carrier"],
                    tracking_no=form.cleaned_data["tracking_no"],
                    quantities=form.quantities(),
                    by_id=request.user.pk,  # type: ignore[arg-type]
                    now=clock.now(),
                )
            except ShipRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                if shipped.state == OrderState.TO_SHIP:
                    messages.success(request, _("这个包裹已登记，其余商品请继续发货。"))
                else:
                    messages.success(request, _("已发货，买家可以看到运单号。"))
                return self._back(order)
        return self._form(request, order, form, title=_("发货"), submit=_("确认发货"))

    @action(description=_("取消并退款"), url_path="cancel", icon="cancel", permissions=["work"])
    def cancel(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = CancelForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                cancelled = order_cancel(
                    order_id=order.pk, reason=form.cleaned_data["reason"], now=clock.now()
                )
            except CancelRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                if cancelled:
                    messages.success(request, _("已取消，款项将原路退回。"))
                else:
                    messages.info(request, _("这个订单之前已经取消或关闭，没有改动。"))
                return self._back(order)
        return self._form(
            request,
            order,
            form,
            title=_("取消并退款"),
            submit=_("确认取消"),
            warning=invoice_warning(order),
        )

    @action(
        description=_("取消部分商品"), url_path="cancel-line", icon="remove", permissions=["work"]
    )
    def cancel_line(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = LineCancelForm(request.POST or None, order=order)
        if request.method == "POST" and form.is_valid():
            line_id, pieces, fen = form.cleaned_data["line"]
            try:
                cancelled = order_line_cancel(
                    order_id=order.pk,
                    line_id=line_id,
                    seen=(pieces, fen),
                    reason=form.cleaned_data["reason"],
                    by_id=request.user.pk,
                    now=clock.now(),
                )
            except CancelRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                if cancelled and fen:
                    messages.success(request, _("已取消这件商品，它的款项将原路退回。"))
                elif cancelled:
                    messages.success(request, _("已取消这件商品；它的实付是 0 元，没有钱要退。"))
                else:
                    messages.info(request, _("这件商品之前已经取消，没有改动。"))
                return self._back(order)
        return self._form(
            request,
            order,
            form,
            title=_("取消部分商品"),
            submit=_("确认取消并退款"),
            warning=cancel_warning(order) or invoice_warning(order),
        )

    @action(description=_("协商退款"), url_path="refund-line", icon="undo", permissions=["work"])
    def refund_line(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = LineRefundForm(request.POST or None, order=order)
        if request.method == "POST" and form.is_valid():
            line_id, seen_fen = form.cleaned_data["line"]
            try:
                refunded = order_line_refund(
                    order_id=order.pk,
                    line_id=line_id,
                    amount_fen=form.cleaned_data["amount_fen"],
                    seen_fen=seen_fen,
                    reason=form.cleaned_data["reason"],
                    by_id=request.user.pk,
                    now=clock.now(),
                )
            except RefundRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                if refunded:
                    told = {"amount": yuan(form.cleaned_data["amount_fen"])}
                    messages.success(request, _("%(amount)s 元将原路退给买家。") % told)
                else:
                    messages.info(request, _("这笔退款之前已经提交，没有再退一次。"))
                return self._back(order)
        return self._form(
            request,
            order,
            form,
            title=_("协商退款（已发出的商品）"),
            submit=_("确认退款"),
            warning=" ".join(filter(None, (refund_warning(order), invoice_warning(order)))),
        )

    @action(description=_("改价"), url_path="reprice", icon="sell", permissions=["work"])
    def reprice(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = RepriceForm(request.POST or None, initial={"payable_fen": order.payable_fen})
        if request.method == "POST" and form.is_valid():
            try:
                applied = order_price_ask(
                    order_id=order.pk,
                    payable_fen=form.cleaned_data["payable_fen"],
                    by_id=request.user.pk,
                    now=clock.now(),
                )
            except RepriceRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                if applied:
                    messages.success(request, _("已改价，买家现在看到的是新价格。"))
                else:
                    messages.info(
                        request,
                        _(
                            "正在关闭按原价的付款，几秒后新价格生效；买家如果已经付款，则按原价成交。"
                        ),
                    )
                return self._back(order)
        return self._form(request, order, form, title=_("改价（只能改一次）"), submit=_("确认改价"))

    @action(
        description=_("修改收货信息"),
        url_path="address",
        icon="edit_location",
        permissions=["work"],
    )
    def address(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = AddressForm(request.POST or None, order=order)
        if request.method == "POST" and form.is_valid():
            try:
                changed = order_address_change(
                    order_id=order.pk,
                    address=form.snapshot(),
                    by_id=request.user.pk,
                    now=clock.now(),
                )
            except AddressRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                if changed:
                    messages.success(request, _("收货信息已修改，买家可以看到。"))
                else:
                    messages.info(request, _("收货信息和原来一样，没有改动。"))
                return self._back(order)
        return self._form(request, order, form, title=_("修改收货信息"), submit=_("确认修改"))

    @action(description=_("备注"), url_path="note", icon="edit_note", permissions=["work"])
    def note_add(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = NoteForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            text = form.cleaned_data["note"]
            added = order_note_add(
                order_id=order.pk, text=text, by_id=request.user.pk, now=clock.now()
            )
            if added:
                messages.success(request, _("备注已保存，在时间线里。"))
            else:
                messages.info(request, _("和上一条备注一样，没有重复保存。"))
            return self._back(order)
        return self._form(request, order, form, title=_("备注"), submit=_("保存备注"))

    def _back(self, order: Order) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order.pk]))

    def seen(self, request: HttpRequest, what: Any, orders: Sequence[Order]) -> None:
        """Write down that the request's user gets these buyers' full names, phones and addresses."""
        look_record(request, what, [order.public_id for order in orders])

    def _form(
        self,
        request: HttpRequest,
        order: Order,
        form: forms.Form,
        *,
        title: Any,
        submit: Any,
        warning: str = "",
    ) -> HttpResponse:
        self.seen(request, title, [order])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "order": order,
            "state": state_words(order, for_buyer=False),
            "lines": order.lines.all(),
            "ready": order.state in {OrderState.TO_SHIP, OrderState.ON_HOLD},
            "form": form,
            "title": title,
            "submit": submit,
            "warning": warning,
            # Of goods to choose from there are none: the warning says why.
            "nothing": isinstance(form, LinesForm) and not form.offers,
        }
        return render(request, "admin/orders/order/act.html", context)
