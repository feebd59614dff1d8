"""SKUs: as rows of their product, as a grid, and one by one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog.models import ReturnRule, Sku
from core.photos import photo_store
from catalog.services import PriceRefused, StockRefused, sku_price_change, stock_correct
from core import clock
from core.forms import YuanField
from stores.scoped import ALL, VIEW, StoreAdmin, StoreInline

# What a SKU's forms write as it is typed; everything else has a service of its own.
ROW = ("name", "position")
DETAIL = (
    "cost_fen",
    "barcode",
    "weight_g",
    "volume_cm3",
    "photo",
    "low_stock_below",
    "return_rule",
    "return_reason",
    "content",
)


class SkuRowForm(forms.ModelForm):
    """One SKU as a row: price in yuan, stock as what is really there.

    Both remember what was shown, so a row that nobody edited changes nothing, however old the page
    is; a stock that changed in between is shown and asked about, never overwritten.
    """

    price_fen = YuanField(
        label=_("价格（元）"),
        min_fen=1,
        widget=UnfoldAdminTextInputWidget,
        show_hidden_initial=True,
    )
    stock = forms.IntegerField(
        label=_("库存"),
        min_value=0,
        max_value=10_000_000,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
        show_hidden_initial=True,
    )

    class Meta:
        model = Sku
        fields: tuple[str, ...] = ("name", "price_fen", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["stock"] = self.instance.on_hand

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk and "stock" in self.changed_data:
            seen = self._seen("stock")
            if seen is not None and seen != self.instance.on_hand:
                raise ValidationError(
                    _("“%(name)s”的库存刚刚变成了 %(now)d，请核对后再改。")
                    % {"name": self.instance.name, "now": self.instance.on_hand},
                    code="stale",
                )
            wanted = cleaned.get("stock")
            if wanted is not None and wanted < self.instance.reserved:
                self.add_error(
                    "stock",
                    _("已有订单占用 %(count)d 件，库存不能低于它。")
                    % {"count": self.instance.reserved},
                )
        return cleaned

    def _seen(self, name: str) -> int | None:
        raw = self.data.get(self.add_initial_prefix(name))
        return int(raw) if raw and str(raw).isdigit() else None


class SkuDetailForm(SkuRowForm):
    """Everything about one SKU, on a page of its own that a phone can show."""

    cost_fen = YuanField(
        label=_("成本价（元）"),
        min_fen=1,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("只有店铺的人看得到，用来算毛利。"),
    )

    class Meta:
        model = Sku
        fields = ("name", "price_fen", "position", *DETAIL)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        exempt = cleaned.get("return_rule") == ReturnRule.EXEMPT
        if exempt and not cleaned.get("return_reason"):
            self.add_error("return_reason", _("请选择法定理由；没有理由的商品必须支持七天无理由。"))
        elif not exempt and cleaned.get("return_reason"):
            self.add_error("return_reason", _("支持七天无理由的规格不用选理由，请清空这一项。"))
        return cleaned


def sku_apply(form: SkuRowForm, *, by_id: int) -> None:
    """Carry a row's edits out through the services. Raises their refusals."""
    sku, now = form.instance, clock.now()
    cleaned = form.cleaned_data
    if "price_fen" in form.changed_data:
        sku_price_change(sku_id=sku.pk, price_fen=cleaned["price_fen"], by_id=by_id, now=now)
    if "stock" in form.changed_data and cleaned.get("stock") is not None:
        stock_correct(
            sku_id=sku.pk,
            on_hand=cleaned["stock"],
            reason=str(_("后台修改")),
            by_id=by_id,
            now=now,
        )
    plain = [name for name in (*ROW, *DETAIL) if name in form.changed_data]
    if "photo" in plain and cleaned["photo"]:
        sku.photo = photo_store(cleaned["photo"].picture).name
    if plain:
        sku.save(update_fields=plain)


class SkuInline(StoreInline):
    """A product's SKUs; one that orders refer to is taken off sale, never deleted."""

    model = Sku
    form = SkuRowForm
    platform = owner = clerk = ALL
    fields = ["name", "price_fen", "stock", "position"]
    tab = False
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sku]:
        return super().get_queryset(request).filter(removed_at=None)


class LowStockFilter(admin.SimpleListFilter):
    """What needs restocking."""

    title = _("库存")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("out", _("已售罄")), ("low", _("低于预警"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sku]) -> QuerySet[Sku]:
        from django.db.models import F

        if self.value() == "out":
            return queryset.filter(on_hand__lte=F("reserved"))
        if self.value() == "low":
            return queryset.filter(on_hand__lt=F("reserved") + F("low_stock_below"))
        return queryset


@admin.register(Sku)
class SkuPage(StoreAdmin):
    """The grid: every SKU's price and stock, edited in place."""

    platform = VIEW
    owner = clerk = frozenset({"view", "change"})
    list_display = ["product", "name", "price_fen", "stock", "reserved", "available_now"]
    list_display_links = ["name"]
    form = SkuDetailForm
    fields = ["product", "name", "price_fen", "stock", "position", *DETAIL]
    readonly_fields = ["product"]
    list_editable = ["price_fen"]
    list_filter = [LowStockFilter]
    list_select_related = ["product", "store"]
    search_fields = ["product__title", "name", "=barcode"]
    ordering = ["product__title", "position", "id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sku]:
        return super().get_queryset(request).filter(removed_at=None)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return SkuRowForm

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return forms.modelformset_factory(Sku, form=SkuRowForm, extra=0, fields=("price_fen",))

    @admin.display(description=_("库存"))
    def stock(self, sku: Sku) -> int:
        return sku.on_hand

    @admin.display(description=_("可售"))
    def available_now(self, sku: Sku) -> int:
        return sku.available

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        try:
            with transaction.atomic():
                sku_apply(form, by_id=request.user.pk)  # type: ignore[arg-type]
        except (PriceRefused, StockRefused) as refusal:
            messages.error(request, f"{obj}：{refusal}")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
