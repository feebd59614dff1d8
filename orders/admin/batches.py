"""What staff do to many orders, or before they know which one: sheets, papers, pick-up codes."""

import dataclasses

from django.contrib import messages
from django.core import signing
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from core import clock
from core.downloads import PDF, download
from core.limits import UPLOADS_REFUSED, upload_allowed
from orders.admin.acts import OrderActs
from orders.admin.forms import CollectForm, SheetForm
from orders.models import Order
from orders.papers import MAX_ORDERS, picking_list, shipping_labels
from orders.services import (
    CollectRefused,
    bulk_plan,
    bulk_ship,
    collect_refusal,
    order_collect,
    pickup_find,
)
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
from orders.words import state_words
from stores.scoped import staff_of


class OrderBatches(OrderActs):
    """For the list of orders to take in."""

    @action(
        description=_("核销取货码"),
        url_path="collect",
        icon="qr_code_scanner",
        permissions=["work"],
    )
    def collect(self, request: HttpRequest) -> HttpResponse:
        """?code=…, which the QR code on a buyer's phone leads to: whose it is, and handing over."""
        staff = staff_of(request)
        assert staff is not None  # has_work_permission
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
            "state": state_words(order, for_buyer=False) if order else "",
            "lines": order.lines.filter(cancelled_at=None) if order else (),
            "trouble": trouble,
        }
        return render(request, "admin/orders/order/collect.html", context)

    @action(
        description=_("下载待发货表格"), url_path="sheet", icon="download", permissions=["work"]
    )
    def sheet_down(self, request: HttpRequest) -> HttpResponse:
        rows = self.get_queryset(request).filter(
            state=OrderState.TO_SHIP, delivery=Order.Delivery.POST
        )
        orders = list(rows.order_by("released_at", "pk")[:MAX_ROWS])
        left_out = _left_out(waiting=rows.count(), most=MAX_ROWS)
        self.seen(request, _("下载待发货表格"), orders)
        return download(to_ship_sheet(orders, left_out=left_out), XLSX, "to-ship.xlsx")

    @action(
        description=_("用表格批量发货"),
        url_path="bulk-ship",
        icon="upload",
        permissions=["work"],
    )
    def sheet_up(self, request: HttpRequest) -> HttpResponse:
        """Upload → what would happen → confirm. The rows travel signed, nothing is kept between."""
        staff = staff_of(request)
        assert staff is not None  # has_work_permission
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
                    plan = bulk_plan(store_id=staff.store_id, rows=rows, now=clock.now())
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

    @action(description=_("打印拣货单（PDF）"), permissions=["work"])
    def picking(self, request: HttpRequest, rows: QuerySet[Order]) -> HttpResponse | None:
        # What is fetched is taken from the same shelves; no address is on a picking list.
        waiting = rows.filter(
            state=OrderState.TO_SHIP, delivery__in=[Order.Delivery.POST, Order.Delivery.PICKUP]
        )
        orders, left_out = _to_print(rows, waiting)
        if not orders:
            messages.info(request, _("选中的订单里没有等待发货或取货的。"))
            return None
        return download(picking_list(orders, left_out=left_out), PDF, "picking.pdf")

    @action(description=_("打印发货面单（PDF）"), permissions=["work"])
    def labels(self, request: HttpRequest, rows: QuerySet[Order]) -> HttpResponse | None:
        waiting = rows.filter(state=OrderState.TO_SHIP, delivery=Order.Delivery.POST)
        orders, left_out = _to_print(rows, waiting)
        if not orders:
            messages.info(request, _("选中的订单里没有待发货的；自提的订单不用面单。"))
            return None
        self.seen(request, _("打印发货面单"), orders)
        return download(shipping_labels(orders, left_out=left_out), PDF, "labels.pdf")


def _to_print(chosen: QuerySet[Order], waiting: QuerySet[Order]) -> tuple[list[Order], str]:
    """The longest waiting of the chosen, and what to say of the others."""
    oldest = waiting.select_related("store").order_by("released_at", "pk")
    orders = list(oldest[:MAX_ORDERS])
    number = waiting.count()
    said = [_left_out(waiting=number, most=MAX_ORDERS)]
    if other := chosen.count() - number:
        said.append(_("选中的订单里有 %(count)d 个不是在等这一步，没有印。") % {"count": other})
    return orders, " ".join(str(one) for one in said if one)


def _left_out(*, waiting: int, most: int) -> str:
    if waiting <= most:
        return ""
    told = {"most": most, "count": waiting - most}
    said = _("一次最多 %(most)d 个订单：还有 %(count)d 个没有包括，处理完这些再来一次。")
    return str(said) % told
