"""The parts of an order on its page."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from core.columns import named_in_full
from core.money import yuan
from orders.models import OrderAdjustment, OrderHold, OrderLine, Shipment
from stores.scoped import VIEW, StoreInline


def render_lines(lines: Any) -> Any:
    """Lines of text, one under the other."""
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))


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
    fields = readonly_fields = ["carrier", "tracking_no", "contents", "shipped_at", "by_name"]
    by_name = named_in_full("by", _("操作人"))
    can_delete = False

    @admin.display(description=_("内容"))
    def contents(self, parcel: Shipment) -> Any:
        parts = parcel.lines.select_related("line").order_by("pk")
        return render_lines(
            f"{part.line.title} {part.line.sku_name} × {part.quantity}" for part in parts
        )
