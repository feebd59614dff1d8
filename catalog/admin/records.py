"""What happened to stock and prices, to look at."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from catalog.models import PriceChange, StockMovement
from core.columns import named_in_full
from core.money import yuan
from core.numbers import ref
from stores.scoped import VIEW, ReadOnlyAdmin


@admin.register(StockMovement)
class StockMovementPage(ReadOnlyAdmin):
    """Every change of every SKU's numbers, with who and why."""

    owner = clerk = VIEW
    list_display = [
        "moved_at",
        "sku",
        "kind",
        "on_hand_change",
        "reserved_change",
        "reference",
        "reason",
        "by_name",
    ]
    list_filter = ["kind"]
    search_fields = ["sku__name"]
    search_numbers = [ref("ord", "reference"), ref("brg", "reference")]
    list_select_related = ["sku__product", "by", "store"]
    ordering = ["-id"]
    by_name = named_in_full("by", _("操作人"))


@admin.register(PriceChange)
class PriceChangePage(ReadOnlyAdmin):
    """Every price a SKU ever had."""

    owner = clerk = VIEW
    list_display = ["changed_at", "sku", "before", "after", "by_name"]
    list_select_related = ["sku__product", "by", "store"]
    ordering = ["-id"]
    by_name = named_in_full("by", _("操作人"))
    fields = ["changed_at", "sku", "before", "after", "by_name"]
    readonly_fields = ["before", "after"]

    @admin.display(description=_("原价格（元）"), ordering="before_fen")
    def before(self, change: PriceChange) -> str:
        return "—" if change.before_fen is None else yuan(change.before_fen)

    @admin.display(description=_("新价格（元）"), ordering="after_fen")
    def after(self, change: PriceChange) -> str:
        return yuan(change.after_fen)
