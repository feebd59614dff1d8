"""The merchant's orders: what to ship, what waits for a group, and shipping it."""

import dataclasses
import logging
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.queries import AddressSnapshot
from core import clock
from core.crypto import mask_name, mask_phone
from core.forms import YuanField
from core.limits import UPLOADS_REFUSED, upload_allowed
from core.money import yuan
from orders.amounts import line_paid_fen
from orders.models import (
    Invoice,
    Order,
    OrderAdjustment,
    OrderHold,
    OrderLine,
    RiskReview,
    Shipment,
)
from orders.money import money_story
from orders.papers import MAX_ORDERS, picking_list, shipping_labels
from orders.queries import order_story
from orders.services import (
    AddressRefused,
    CancelRefused,
    CollectRefused,
    InvoiceRefused,
    RepriceRefused,
    ShipRefused,
    bulk_plan,
    bulk_ship,
    collect_refusal,
    invoice_decline,
    invoice_file,
    invoice_issue,
    order_address_change,
    order_cancel,
    order_collect,
    order_line_cancel,
    order_note_add,
    order_price_ask,
    order_ship,
    pickup_find,
    review_refuse,
    review_release,
)
from orders.services.invoice import MAX_BYTES as INVOICE_BYTES
from orders.sheets import (
    MAX_BYTES,
    MAX_ROWS,
    XLSX,
    SheetRefused,
    SheetRow,
    sheet_read,
    to_ship_sheet,
)
from orders.states import OrderState
from orders.views.invoice import file_answer
from payments.queries import order_money
from stores.scoped import VIEW, ReadOnlyAdmin, StoreInline, staff_of

log = logging.getLogger(__name__)

PDF = "application/pdf"


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


class CollectForm(forms.Form):
    """The code that a buyer shows."""

    code = forms.CharField(
        label=_("取货码（12 位数字）"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            attrs={"inputmode": "numeric", "autocomplete": "off", "autofocus": True}
        ),
    )


class CancelForm(forms.Form):
    """Why a paid order cannot be delivered; the buyer reads it."""

    reason = forms.CharField(
        label=_("取消原因（买家会看到）"), max_length=120, widget=UnfoldAdminTextInputWidget
    )


class RepriceForm(forms.Form):
    """What the order shall cost in all."""

    payable_fen = YuanField(
        label=_("新的应付总额（元，含运费）"), min_fen=1, widget=UnfoldAdminTextInputWidget
    )


class AddressForm(forms.Form):
    """Whom and where to; the region stays, because freight was counted for it."""

    recipient = forms.CharField(label=_("收货人"), max_length=30, widget=UnfoldAdminTextInputWidget)
    phone = forms.RegexField(
        r"^1[3-9][0-9]{9}$",
        label=_("收货手机"),
        error_messages={"invalid": _("请填写 11 位手机号。")},
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel"}),
    )
    street = forms.CharField(label=_("详细地址"), max_length=120, widget=UnfoldAdminTextInputWidget)


class LineCancelForm(forms.Form):
    """Which line cannot be delivered, and why."""

    line = forms.TypedChoiceField(
        label=_("取消哪一件商品"), coerce=int, widget=UnfoldAdminSelectWidget
    )
    reason = forms.CharField(
        label=_("取消原因（买家会看到）"), max_length=120, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, lines: list[OrderLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].choices = [  # type: ignore[attr-defined]
            (line.pk, _("%(line)s，退 %(amount)s 元") % {"line": line, "amount": yuan(fen)})
            for line in lines
            if line.cancelled_at is None
            for fen in [line_paid_fen(line)]
        ]


class SheetForm(forms.Form):
    """The filled-in spreadsheet."""

    sheet = forms.FileField(
        label=_("填好快递公司和运单号的表格（.xlsx，最多 500 行）"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx"}),
    )


class NoteForm(forms.Form):
    """A note that only the store's staff read."""

    note = forms.CharField(
        label=_("备注（只有本店员工看得到）"), max_length=300, widget=UnfoldAdminTextInputWidget
    )


class LineInline(StoreInline):
    """What was bought."""

    model = OrderLine
    owner = clerk = VIEW
    fields = readonly_fields = [
        *("title", "sku_name", "unit_price", "quantity", "amount", "discount"),
        *("shipped_quantity", "cancelled_at"),
    ]
    can_delete = False

    @admin.display(description=_("单价（元）"))
    def unit_price(self, line: OrderLine) -> str:
        return yuan(line.unit_price_fen)

    @admin.display(description=_("小计（元）"))
    def amount(self, line: OrderLine) -> str:
        return yuan(line.amount_fen)

    @admin.display(description=_("优惠（元）"))
    def discount(self, line: OrderLine) -> str:
        return yuan(line.discount_fen)


class AdjustmentInline(StoreInline):
    """Why it cost less."""

    model = OrderAdjustment
    owner = clerk = VIEW
    fields = readonly_fields = ["kind", "label", "reference", "amount"]
    can_delete = False

    @admin.display(description=_("优惠（元）"))
    def amount(self, adjustment: OrderAdjustment) -> str:
        return yuan(adjustment.amount_fen)


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
    list_display = [
        "public_id",
        "placed_at",
        "progress",
        "offer_kind",
        "payable",
        "who",
        "region",
        "urged_at",
    ]
    list_filter = ["state", "delivery", "offer_kind", ("placed_at", admin.DateFieldListFilter)]
    search_fields = ["=public_id", "=offer_ref"]
    list_select_related = ["store"]
    ordering = ["-id"]
    inlines = [LineInline, AdjustmentInline, HoldInline, ShipmentInline]
    actions_detail = [
        "money_story",
        "ship",
        "cancel",
        "cancel_line",
        "reprice",
        "address",
        "note_add",
    ]
    actions_row = ["ship"]
    actions_list = ["collect", "sheet_down", "sheet_up"]
    actions = ["picking", "labels"]
    fieldsets = [
        (
            _("订单"),
            {
                "fields": [
                    "public_id",
                    "state",
                    "offer_kind",
                    "offer_ref",
                    "delivery",
                    "placed_at",
                    "pay_before",
                ]
            },
        ),
        (_("金额"), {"fields": ["goods", "discount", "freight", "adjust", "payable", "money"]}),
        (_("收货"), {"fields": ["recipient", "phone", "region", "street", "note"]}),
        (_("经过"), {"fields": ["timeline", "urged_at", "cancel_reason"]}),
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

    @admin.display(description=_("商家改价（元）"))
    def adjust(self, order: Order) -> str:
        return yuan(order.adjust_fen)

    @admin.display(description=_("状态"), ordering="state")
    def progress(self, order: Order) -> str:
        if order.state == OrderState.TO_SHIP and order.delivery == Order.Delivery.PICKUP:
            return str(_("待取货"))
        sent = any(line.shipped_quantity for line in order.lines.all())
        if order.state == OrderState.TO_SHIP and sent:
            return str(_("部分已发货"))
        if order.state == OrderState.ON_HOLD and order.offer_kind != Order.Offer.GROUP:
            return str(_("待审核"))
        return order.get_state_display()

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
            f"{entry.at:%Y-%m-%d %H:%M:%S} {entry.label}"
            for entry in order_story(order, for_buyer=False)
        )

    @action(
        description=_("钱的来去"), url_path="money", icon="account_balance", permissions=["look"]
    )
    def money_story(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = get_object_or_404(self.get_queryset(request), pk=object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "order": order,
            "story": money_story(order),
            "title": _("钱的来去"),
        }
        return render(request, "admin/orders/order/money.html", context)

    def has_look_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request)

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

    @action(
        description=_("取消部分商品"), url_path="cancel-line", icon="remove", permissions=["ship"]
    )
    def cancel_line(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = LineCancelForm(request.POST or None, lines=list(order.lines.order_by("pk")))
        if request.method == "POST" and form.is_valid():
            try:
                cancelled = order_line_cancel(
                    order_id=order.pk,
                    line_id=form.cleaned_data["line"],
                    reason=form.cleaned_data["reason"],
                    by_id=request.user.pk,
                    now=clock.now(),
                )
            except CancelRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                if cancelled:
                    messages.success(request, _("已取消这件商品，它的款项将原路退回。"))
                else:
                    messages.info(request, _("这件商品之前已经取消，没有改动。"))
                return self._back(order)
        return self._form(request, order, form, title=_("取消部分商品"), submit=_("确认取消并退款"))

    @action(description=_("改价"), url_path="reprice", icon="sell", permissions=["ship"])
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
        permissions=["ship"],
    )
    def address(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = get_object_or_404(self.get_queryset(request), pk=object_id)
        now_there = {name: getattr(order, name) for name in ("recipient", "phone", "street")}
        form = AddressForm(request.POST or None, initial=now_there)
        if request.method == "POST" and form.is_valid():
            try:
                changed = order_address_change(
                    order_id=order.pk,
                    address=AddressSnapshot(
                        **form.cleaned_data,
                        region=order.region,
                        province_code="",
                        city_code="",
                        district_code="",
                    ),
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

    @action(description=_("备注"), url_path="note", icon="edit_note", permissions=["ship"])
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

    @action(
        description=_("核销取货码"),
        url_path="collect",
        icon="qr_code_scanner",
        permissions=["ship"],
    )
    def collect(self, request: HttpRequest) -> HttpResponse:
        """?code=…, which the QR code on a buyer's phone leads to: whose it is, and handing over."""
        staff = staff_of(request)
        assert staff is not None  # has_ship_permission
        order, trouble = None, ""
        asked = request.POST or request.GET
        form = CollectForm(asked if asked.get("code") else None)
        if form.is_valid():
            try:
                order = pickup_find(store_id=staff.store_id, code=form.cleaned_data["code"])
                trouble = collect_refusal(order)
                if request.method == "POST" and "hand_over" in request.POST:
                    order_collect(order_id=order.pk, by_id=request.user.pk, now=clock.now())
                    messages.success(request, _("已核销，货交给买家了。"))
                    return self._back(order)
            except CollectRefused as refusal:
                trouble = str(refusal)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("核销取货码"),
            "form": form,
            "order": order,
            "lines": order.lines.filter(cancelled_at=None) if order else (),
            "trouble": trouble,
        }
        return render(request, "admin/orders/order/collect.html", context)

    @action(
        description=_("下载待发货表格"), url_path="sheet", icon="download", permissions=["ship"]
    )
    def sheet_down(self, request: HttpRequest) -> HttpResponse:
        rows = self.get_queryset(request).filter(
            state=OrderState.TO_SHIP, delivery=Order.Delivery.POST
        )
        orders = list(rows.order_by("released_at", "pk")[:MAX_ROWS])
        log.info("user %s downloads %d addresses to ship", request.user.pk, len(orders))
        return _file(to_ship_sheet(orders), XLSX, "to-ship.xlsx")

    @action(
        description=_("用表格批量发货"),
        url_path="bulk-ship",
        icon="upload",
        permissions=["ship"],
    )
    def sheet_up(self, request: HttpRequest) -> HttpResponse:
        """Upload → what would happen → confirm. The rows travel signed, nothing is kept between."""
        staff = staff_of(request)
        assert staff is not None  # has_ship_permission
        form, plan, rows, done = SheetForm(), None, [], False
        if "rows" in request.POST:
            try:
                told = signing.loads(
                    request.POST["rows"], salt=f"bulk:{staff.store_id}", max_age=3600
                )
            except signing.BadSignature:
                messages.error(request, _("页面打开太久了，请重新上传表格。"))
                return HttpResponseRedirect(request.path)
            rows = [SheetRow(*one) for one in told]
            plan = bulk_ship(
                store_id=staff.store_id, rows=rows, by_id=request.user.pk, now=clock.now()
            )
            done = True
            sent = sum(one.is_good for one in plan)
            messages.success(request, _("已发货 %(count)d 个订单。") % {"count": sent})
        elif request.method == "POST":
            form = SheetForm(request.POST, request.FILES)
            if form.is_valid() and not upload_allowed(request):
                form.add_error("sheet", UPLOADS_REFUSED)
            elif form.is_valid():
                try:
                    rows = sheet_read(form.cleaned_data["sheet"].read(MAX_BYTES + 1))
                except SheetRefused as refusal:
                    form.add_error("sheet", str(refusal))
                else:
                    plan = bulk_plan(store_id=staff.store_id, rows=rows)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("用表格批量发货"),
            "form": form,
            "plan": plan,
            "done": done,
            "good": sum(one.is_good for one in plan or []),
            "rows": signing.dumps(
                [dataclasses.astuple(row) for row in rows],
                salt=f"bulk:{staff.store_id}",
                compress=True,
            ),
        }
        return render(request, "admin/orders/order/bulk.html", context)

    @action(description=_("打印拣货单（PDF）"), permissions=["ship"])
    def picking(self, request: HttpRequest, rows: QuerySet[Order]) -> HttpResponse | None:
        orders = self._to_print(request, rows)
        return _file(picking_list(orders), PDF, "picking.pdf") if orders else None

    @action(description=_("打印发货面单（PDF）"), permissions=["ship"])
    def labels(self, request: HttpRequest, rows: QuerySet[Order]) -> HttpResponse | None:
        orders = self._to_print(request, rows)
        return _file(shipping_labels(orders), PDF, "labels.pdf") if orders else None

    def _to_print(self, request: HttpRequest, rows: QuerySet[Order]) -> list[Order]:
        """What of the chosen is to be sent; says so when nothing is."""
        waiting = rows.filter(state=OrderState.TO_SHIP, delivery=Order.Delivery.POST)
        waiting = waiting.select_related("store")
        orders = list(waiting.order_by("released_at", "pk")[:MAX_ORDERS])
        if not orders:
            messages.info(request, _("选中的订单里没有待发货的。"))
        log.info("user %s prints %d addresses to ship", request.user.pk, len(orders))
        return orders

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("lines")

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
    list_display = ["public_id", "order", "state", "kind", "title", "requested_at"]
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
        money = order_money(invoice.order.public_id)
        return yuan(money.kept_fen - money.refunding_fen)

    def has_issue_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request) and not request.user.is_superuser  # type: ignore[union-attr]

    @action(description=_("上传发票"), url_path="issue", icon="upload", permissions=["issue"])
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

    @action(description=_("不能开票"), url_path="decline", icon="block", permissions=["issue"])
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

    @action(description=_("下载发票"), url_path="file", icon="download", permissions=["issue"])
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


def _file(data: bytes, content_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def render_lines(lines: Any) -> Any:
    """Lines of text, one under the other."""
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))


class ReviewForm(forms.Form):
    """What a person decided about an order, and why."""

    decision = forms.ChoiceField(
        choices=[("release", _("放行，可以发货")), ("refuse", _("拒绝，全额退款"))]
    )
    note = forms.CharField(max_length=120, required=False)


@admin.register(RiskReview)
class RiskReviewPage(ReadOnlyAdmin):
    """Orders that wait for a person's judgement: released or refused one by one, with a word why."""

    platform = VIEW
    owner = clerk = frozenset({"view", "change"})
    list_display = ["opened_at", "order", "score", "why", "outcome", "ends"]
    list_filter = ["outcome"]
    list_select_related = ["order", "store"]
    ordering = ["outcome", "-id"]
    fields = ["order", "score", "why", "opened_at", "ends", "outcome", "by", "note", "decided_at"]
    actions = ["release"]
    change_form_outer_after_template = "admin/orders/riskreview/decide.html"

    @admin.display(description=_("最晚"))
    def ends(self, review: RiskReview) -> Any:
        return review.due_at and formats.date_format(
            timezone.localtime(review.due_at), "SHORT_DATETIME_FORMAT"
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        # Deciding has buttons of its own; there is nothing to save.
        hidden = {"show_save": False, "show_save_and_continue": False}
        context = {**(extra_context or {}), **hidden}
        return super().changeform_view(request, object_id, form_url, context)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_urls(self) -> list[Any]:
        own = path(
            "<int:review_id>/decide/",
            self.admin_site.admin_view(self.decide),
            name="orders_riskreview_decide",
        )
        return [own, *super().get_urls()]

    def decide(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """POST the decision; whatever comes of it is said on the list."""
        review = self.get_object(request, str(review_id))
        back = redirect("admin:orders_riskreview_changelist")
        if review is None or not self.has_change_permission(request, review):
            return back
        form = ReviewForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            messages.error(request, _("请选择放行还是拒绝。"))
            return redirect("admin:orders_riskreview_change", review.pk)
        act = review_release if form.cleaned_data["decision"] == "release" else review_refuse
        assert request.user.pk is not None
        try:
            done = act(
                review_id=review.pk,
                by_id=request.user.pk,
                note=form.cleaned_data["note"],
                now=clock.now(),
            )
        except CancelRefused as refusal:
            messages.error(request, str(refusal))
            return back
        if done:
            messages.success(request, _("已处理。"))
        else:
            messages.warning(request, _("这个订单已经有人处理过了。"))
        return back

    @admin.action(description=_("放行所选订单"), permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[RiskReview]) -> None:
        number = sum(
            review_release(review_id=one.pk, by_id=request.user.pk, now=clock.now())
            for one in queryset
        )
        messages.success(request, _("已放行 %(number)d 个订单。") % {"number": number})
