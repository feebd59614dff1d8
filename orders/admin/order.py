"""The merchant's orders: what to ship, what waits for a group, and how each came about."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from core.crypto import mask_name, mask_phone
from core.money import yuan
from core.numbers import ref
from orders.admin.batches import OrderBatches
from orders.admin.inlines import (
    AdjustmentInline,
    HoldInline,
    LineInline,
    ShipmentInline,
    render_lines,
)
from orders.invoices import invoice_of, reversal_words
from orders.models import Order
from orders.money import money_story
from orders.pages import LINES
from orders.states import OrderState
from orders.story import order_story
from orders.words import moved_words, state_words, with_moves, with_waits
from payments.queries import order_money, refunds_of
from stores.scoped import VIEW


@admin.register(Order)
class OrderPage(OrderBatches):
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
        "moved",
        "urged_at",
    ]
    list_filter = ["state", "delivery", "offer_kind", ("placed_at", admin.DateFieldListFilter)]
    search_numbers = [
        ref("ord"),
        ref("grp", "offer_ref", offer_kind=Order.Offer.GROUP),
        ref("brg", "offer_ref", offer_kind=Order.Offer.BARGAIN),
        ref("fso", "offer_ref", offer_kind=Order.Offer.FLASH),
    ]
    list_select_related = ["store"]
    ordering = ["-id"]
    inlines = [LineInline, AdjustmentInline, HoldInline, ShipmentInline]
    actions_detail = [
        "money_story",
        "ship",
        "cancel",
        "cancel_line",
        "refund_line",
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
                    "progress",
                    "offer_kind",
                    "offer_ref",
                    "delivery",
                    "placed_at",
                    "pay_before",
                ]
            },
        ),
        (
            _("金额"),
            {"fields": ["goods", "discount", "freight", "adjust", "payable", "money", "invoicing"]},
        ),
        (_("收货"), {"fields": ["recipient", "phone", "region", "street", "moved", "note"]}),
        (_("经过"), {"fields": ["timeline", "urged_at", "cancel_reason"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        self.seen(request, _("订单"), [context["original"]])
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("收货人"))
    def who(self, order: Order) -> str:
        return f"{mask_name(order.recipient)} {mask_phone(order.phone)}"

    @admin.display(description=_("收货信息改动"))
    def moved(self, order: Order) -> str:
        return moved_words(order) or "—"

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
        sent = any(line.shipped_quantity for line in order.lines.all())
        if order.state == OrderState.TO_SHIP and sent:
            return str(_("部分已发货"))
        return state_words(order, for_buyer=False)

    @admin.display(description=_("收退款"))
    def money(self, order: Order) -> str:
        paid = order_money(order.public_id)
        return _("收到 %(paid)s 元，退回 %(refunded)s 元") % {
            "paid": yuan(paid.paid_fen),
            "refunded": yuan(paid.refunded_fen),
        }

    @admin.display(description=_("发票"))
    def invoicing(self, order: Order) -> str:
        invoice = invoice_of(order.pk)
        if invoice is None or not invoice.is_issued:
            return invoice.state_label if invoice else "—"
        said = _("已开票 %(amount)s 元") % {"amount": yuan(invoice.issued_fen)}
        back = reversal_words(over_fen=invoice.over_fen, reversed_fen=invoice.reversed_fen)
        return "，".join(one for one in (said, back) if one)

    @admin.display(description=_("时间线"))
    def timeline(self, order: Order) -> Any:
        return render_lines(
            f"{timezone.localtime(step.at):%Y-%m-%d %H:%M:%S} {step.label} {step.detail}"
            for step in order_story(order, refunds=refunds_of(order.public_id), for_buyer=False)
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
            "state": state_words(order, for_buyer=False),
            "story": money_story(order),
            "title": _("钱的来去"),
        }
        return render(request, "admin/orders/order/money.html", context)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = with_moves(with_waits(super().get_queryset(request)))
        return rows.prefetch_related(LINES)
