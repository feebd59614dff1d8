"""The merchant's orders: what to ship, what waits for a group, and shipping it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core import clock
from core.crypto import mask_name, mask_phone
from core.money import yuan
from orders.models import Order, OrderHold, OrderLine, Shipment
from orders.queries import order_timeline
from orders.services import CancelRefused, ShipRefused, order_cancel, order_ship
from orders.states import OrderState
from payments.queries import order_money
from stores.scoped import VIEW, ReadOnlyAdmin, StoreInline


class ShipForm(forms.Form):
    """Which parcel left the house."""

    carrier = forms.ChoiceField(
        label=_("快递公司"), choices=Shipment.Carrier.choices, widget=UnfoldAdminSelectWidget
    )
    tracking_no = forms.CharField(
        label=_("运单号"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, *args: Any, lines: list[OrderLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = [line for line in lines if line.left]
        if sum(line.left for line in self.rows) < 2:
            return
        for line in self.rows:
            self.fields[f"line_{line.pk}"] = forms.IntegerField(
                label=_("本次发出：%(line)s（还剩 %(left)d 件）")
                % {"line": f"{line.title} {line.sku_name}", "left": line.left},
                required=False,
                min_value=0,
                initial=line.left,
                widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
            )

    def quantities(self) -> dict[int, int] | None:
        """{line_id: pieces} of this parcel; None when nothing was typed: all that is left."""
        if not any(f"line_{line.pk}" in self.data for line in self.rows):
            return None
        return {line.pk: self.cleaned_data.get(f"line_{line.pk}") or 0 for line in self.rows}


class CancelForm(forms.Form):
    """Why a paid order cannot be delivered; the buyer reads it."""

    reason = forms.CharField(
        label=_("取消原因（买家会看到）"), max_length=120, widget=UnfoldAdminTextInputWidget
    )


class LineInline(StoreInline):
    """What was bought."""

    model = OrderLine
    owner = clerk = VIEW
    fields = readonly_fields = [
        "title",
        "sku_name",
        "unit_price",
        "quantity",
        "amount",
        "shipped_quantity",
        "cancelled_at",
    ]
    can_delete = False

    @admin.display(description=_("单价（元）"))
    def unit_price(self, line: OrderLine) -> str:
        return yuan(line.unit_price_fen)

    @admin.display(description=_("小计（元）"))
    def amount(self, line: OrderLine) -> str:
        return yuan(line.amount_fen)


class HoldInline(StoreInline):
    """Why a paid order may not ship yet."""

    model = OrderHold
    owner = clerk = VIEW
    fields = readonly_fields = ["kind", "reference", "opened_at", "closed_at"]
    can_delete = False


class ShipmentInline(StoreInline):
    """Its parcels."""

    model = Shipment
    owner = clerk = VIEW
    fields = readonly_fields = ["carrier", "tracking_no", "contents", "shipped_at", "by"]
    can_delete = False

    @admin.display(description=_("内容"))
    def contents(self, parcel: Shipment) -> Any:
        parts = parcel.lines.select_related("line").order_by("pk")
        return render_lines(
            f"{part.line.title} {part.line.sku_name} × {part.quantity}" for part in parts
        )


@admin.register(Order)
class OrderPage(ReadOnlyAdmin):
    """Orders. A row is read here and moved by the actions above it."""

    platform = owner = clerk = VIEW
    list_display = ["public_id", "placed_at", "state", "offer_kind", "payable", "who", "region"]
    list_filter = ["state", "offer_kind", ("placed_at", admin.DateFieldListFilter)]
    search_fields = ["=public_id", "=offer_ref"]
    list_select_related = ["store"]
    ordering = ["-id"]
    inlines = [LineInline, HoldInline, ShipmentInline]
    actions_detail = ["ship", "cancel"]
    actions_row = ["ship"]
    fieldsets = [
        (
            _("订单"),
            {
                "fields": [
                    "public_id",
                    "state",
                    "offer_kind",
                    "offer_ref",
                    "placed_at",
                    "pay_before",
                ]
            },
        ),
        (_("金额"), {"fields": ["goods", "discount", "freight", "payable", "money"]}),
        (_("收货"), {"fields": ["recipient", "phone", "region", "street", "note"]}),
        (_("经过"), {"fields": ["timeline", "cancel_reason"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _title, options in self.fieldsets for name in options["fields"]]

    @admin.display(description=_("收货人"))
    def who(self, order: Order) -> str:
        return f"{mask_name(order.recipient)} {mask_phone(order.phone)}"

    @admin.display(description=_("应付（元）"), ordering="payable_fen")
    def payable(self, order: Order) -> str:
        return yuan(order.payable_fen)

    @admin.display(description=_("商品（元）"))
    def goods(self, order: Order) -> str:
        return yuan(order.goods_fen)

    @admin.display(description=_("优惠（元）"))
    def discount(self, order: Order) -> str:
        return yuan(order.discount_fen)

    @admin.display(description=_("运费（元）"))
    def freight(self, order: Order) -> str:
        return yuan(order.freight_fen)

    @admin.display(description=_("收退款"))
    def money(self, order: Order) -> str:
        paid = order_money(order.public_id)
        return _("收到 %(paid)s 元，退回 %(refunded)s 元") % {
            "paid": yuan(paid.paid_fen),
            "refunded": yuan(paid.refunded_fen),
        }

    @admin.display(description=_("时间线"))
    def timeline(self, order: Order) -> Any:
        return render_lines(
            f"{entry.at:%Y-%m-%d %H:%M:%S} {entry.label}" for entry in order_timeline(order)
        )

    def has_ship_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request) and not request.user.is_superuser  # type: ignore[union-attr]

    @action(description=_("发货"), url_path="ship", icon="local_shipping", permissions=["ship"])
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

    @action(description=_("取消并退款"), url_path="cancel", icon="cancel", permissions=["ship"])
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
        return self._form(request, order, form, title=_("取消并退款"), submit=_("确认取消"))

    def _back(self, order: Order) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order.pk]))

    def _form(
        self, request: HttpRequest, order: Order, form: forms.Form, *, title: Any, submit: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "order": order,
            "lines": order.lines.all(),
            "ready": order.state in {OrderState.TO_SHIP, OrderState.ON_HOLD},
            "form": form,
            "title": title,
            "submit": submit,
        }
        return render(request, "admin/orders/order/act.html", context)


def render_lines(lines: Any) -> Any:
    """Lines of text, one under the other."""
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))
