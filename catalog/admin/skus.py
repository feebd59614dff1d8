"""SKUs: as rows of their product, as a grid, and one by one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from catalog.admin.refusals import RefusalsAsErrors
from catalog.models import Fulfilment, ReturnRule, Sku
from catalog.services import (
    KEYS_ARE_COUNTED,
    LAST_SKU,
    PublishRefused,
    StockRefused,
    content_check,
    sku_content_change,
    sku_price_change,
    stale_words,
    stock_correct,
    stock_restock,
)
from catalog.states import ProductState
from core import clock
from core.forms import YuanField
from core.photos import photo_store
from stores.scoped import ALL, CHANGE, VIEW, StoreAdmin, StoreInline

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

    @property
    def seen(self) -> int | None:
        """The stock that the page showed."""
        raw = self.data.get(self.add_initial_prefix("stock"))
        return int(raw) if raw and str(raw).isdigit() else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        wanted, sku = cleaned.get("stock"), self.instance
        if sku.pk is None or wanted is None or "stock" not in self.changed_data:
            return cleaned
        if self.seen is not None and self.seen != sku.on_hand:
            raise ValidationError(stale_words(sku), code="stale")
        if sku.product.fulfilment == Fulfilment.CARD_KEYS:
            self.add_error("stock", KEYS_ARE_COUNTED)
        elif wanted < sku.reserved:
            self.add_error(
                "stock",
                _("订单或砍价已占用 %(count)d 件，库存不能低于它。") % {"count": sku.reserved},
            )
        return cleaned


class SkuDetailForm(SkuRowForm):
    """Everything about one SKU, on a page of its own that a phone can show."""

    cost_fen = YuanField(
        label=_("成本价（元）"),
        min_fen=1,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("只有店铺的人看得到，用来算毛利。"),
    )
    stock_reason = forms.CharField(
        label=_("库存更正原因"),
        max_length=120,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": _("盘点")}),
        help_text=_("改了库存才需要，例如“盘点”“破损”；到货请用上面的“进货”。"),
    )

    class Meta:
        model = Sku
        fields = ("name", "price_fen", "position", *DETAIL, "content")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        exempt = cleaned.get("return_rule") == ReturnRule.EXEMPT
        if exempt and not cleaned.get("return_reason"):
            self.add_error("return_reason", _("请选择法定理由；没有理由的商品必须支持七天无理由。"))
        elif not exempt and cleaned.get("return_reason"):
            self.add_error("return_reason", _("支持七天无理由的规格不用选理由，请清空这一项。"))
        if "content" in self.changed_data:
            try:
                content_check(self.instance.product, self.instance, cleaned.get("content", ""))
            except PublishRefused as refusal:
                self.add_error("content", str(refusal))
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
            seen=form.seen,
            reason=cleaned.get("stock_reason") or str(_("盘点")),
            by_id=by_id,
            now=now,
        )
    if "content" in form.changed_data:
        sku_content_change(sku_id=sku.pk, content=cleaned["content"])
    plain = [name for name in (*ROW, *DETAIL) if name in form.changed_data]
    if "photo" in plain and cleaned["photo"]:
        sku.photo = photo_store(cleaned["photo"].picture).name
    if plain:
        sku.save(update_fields=plain)


class SkuFormSet(BaseInlineFormSet):
    """What the services would refuse of the product's rows is an error of the page."""

    def clean(self) -> None:
        super().clean()
        product, kept = self.instance, 0
        for form in self.forms:
            if form in self.deleted_forms or not (form.instance.pk or form.has_changed()):
                continue
            kept += 1
            is_new = form.instance.pk is None
            if is_new and product.fulfilment == Fulfilment.CARD_KEYS and _typed(form, "stock"):
                form.add_error("stock", KEYS_ARE_COUNTED)
        if product.state == ProductState.ON_SALE and not kept:
            raise ValidationError(LAST_SKU, code="last")


def _typed(form: forms.ModelForm, name: str) -> Any:
    return getattr(form, "cleaned_data", {}).get(name)


class Removable(forms.ModelForm):
    """A row that is ticked off is taken off sale; Django would refuse, to save its history."""

    def hand_clean_DELETE(self) -> None:  # noqa: N802  Django calls it so
        """Nothing is deleted, so nothing stands in the way."""


class SkuInline(StoreInline):
    """A product's SKUs; one that orders refer to is taken off sale, never deleted."""

    model = Sku
    form = SkuRowForm
    formset = SkuFormSet
    platform = owner = clerk = ALL
    fields = ["name", "price_fen", "stock", "position"]
    tab = False
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sku]:
        return super().get_queryset(request).filter(removed_at=None).select_related("product")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)
        made.form = type(made.form.__name__, (Removable, made.form), {})
        return made


class LowStockFilter(admin.SimpleListFilter):
    """What needs restocking."""

    title = _("库存")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("out", _("已售罄")), ("low", _("低于预警"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sku]) -> QuerySet[Sku]:
        if self.value() == "out":
            return queryset.filter(on_hand__lte=F("reserved"))
        if self.value() == "low":
            return queryset.filter(on_hand__lt=F("reserved") + F("low_stock_below"))
        return queryset


class RestockForm(forms.Form):
    """Goods that came in."""

    quantity = forms.IntegerField(
        label=_("到货数量"), min_value=1, max_value=10_000_000, widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.CharField(
        label=_("说明（供货商、单号等）"),
        max_length=120,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )


@admin.register(Sku)
class SkuPage(RefusalsAsErrors, StoreAdmin):
    """The grid: every SKU's price and stock, edited in place."""

    platform = VIEW
    owner = clerk = CHANGE
    list_display = ["product", "name", "price_fen", "stock", "reserved", "available_now"]
    list_display_links = ["name"]
    form = SkuDetailForm
    fields = [
        "product",
        "name",
        "price_fen",
        ("stock", "stock_reason"),
        "position",
        *DETAIL,
        "content",
    ]
    actions_detail = ["restock"]
    readonly_fields = ["product"]
    list_editable = ["price_fen"]
    list_filter = [LowStockFilter]
    list_select_related = ["product", "store"]
    search_fields = ["product__title", "name", "^barcode"]
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
        sku_apply(form, by_id=request.user.pk)  # type: ignore[arg-type]

    def has_restock_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)

    @action(description=_("进货"), url_path="restock", icon="add_box", permissions=["restock"])
    def restock(self, request: HttpRequest, object_id: int) -> HttpResponse:
        sku = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = RestockForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                stock_restock(
                    sku_id=sku.pk,
                    quantity=form.cleaned_data["quantity"],
                    reason=form.cleaned_data["reason"],
                    by_id=request.user.pk,
                    now=clock.now(),
                )
            except StockRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                count = form.cleaned_data["quantity"]
                messages.success(request, _("已进货 %(count)d 件。") % {"count": count})
                return redirect("admin:catalog_sku_change", sku.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("进货"),
            "sku": sku,
            "form": form,
        }
        return render(request, "admin/catalog/sku/restock.html", context)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
