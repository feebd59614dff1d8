"""The merchant's goods: products, their SKUs and photos, and a grid for price and stock.

Prices, stock, photos and states change through services alone, so that history, movements and
checks are never passed by.
"""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog.models import (
    MAX_RELATED,
    MAX_TAGS,
    OPTION_VALUE_LENGTH,
    OPTION_VALUES,
    TAG_LENGTH,
    Category,
    PriceChange,
    Product,
    ProductOption,
    ProductPhoto,
    ReturnRule,
    Sku,
    StockMovement,
)
from catalog.photos import photo_decode, photo_store
from catalog.services import (
    PriceRefused,
    PublishRefused,
    StockRefused,
    fulfilment_check,
    product_publish,
    product_withdraw,
    sku_add,
    sku_price_change,
    sku_remove,
    skus_generate,
    stock_correct,
)
from catalog.services.matrix import MAX_OPTIONS
from core import clock
from core.forms import YuanField
from core.limits import limit_check
from core.money import yuan
from guard.wording import GuardedWords, GuardedWordsPage
from stores.scoped import ALL, VIEW, ReadOnlyAdmin, StoreAdmin, StoreInline

EDIT = frozenset({"view", "add", "change"})


# Drawing a picture anew costs a second of a processor.
UPLOADS, UPLOADS_WINDOW_S = 60, 600


@admin.register(Category)
class CategoryPage(StoreAdmin):
    """The store's shelves."""

    owner = clerk = ALL
    list_display = ["name", "slug", "position"]
    list_editable = ["position"]
    search_fields = ["name"]


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

    picture: Any = None

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

    def clean_photo(self) -> Any:
        upload = self.cleaned_data["photo"]
        if upload and "photo" in self.changed_data:
            upload.seek(0)
            self.picture = photo_decode(upload)
        return upload

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
    if "photo" in plain and form.picture is not None:
        sku.photo = photo_store(form.picture).name
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


def _words(text: str, most: int, length: int, what: Any) -> list[str]:
    """The words of a list that a merchant typed. Raises ValidationError."""
    found = (word.strip() for word in re.split("[、,，;；]", text))
    words = list(dict.fromkeys(word for word in found if word))
    if len(words) > most:
        message = _("%(what)s最多 %(count)d 个。") % {"what": what, "count": most}
        raise ValidationError(message, code="count")
    if long := next((word for word in words if len(word) > length), None):
        raise ValidationError(
            _("“%(value)s”太长了，最多 %(count)d 个字。") % {"value": long, "count": length},
            code="long",
        )
    return words


class OptionForm(forms.ModelForm):
    """An option's values as a merchant writes them: 红、黑、白."""

    values = forms.CharField(
        label=_("规格值"),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": _("红、黑、白")}),
        help_text=_("用顿号或逗号分开。"),
    )

    class Meta:
        model = ProductOption
        fields = ("name", "values", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["values"] = "、".join(self.instance.values)

    def clean_values(self) -> list[str]:
        values = _words(
            self.cleaned_data["values"], OPTION_VALUES, OPTION_VALUE_LENGTH, _("规格值")
        )
        if not values:
            raise ValidationError(_("请至少填写一个规格值。"), code="none")
        return values


class OptionInline(StoreInline):
    """How the SKUs differ; the action “生成规格组合” makes a SKU of every combination."""

    model = ProductOption
    form = OptionForm
    platform = owner = clerk = ALL
    fields = ["name", "values", "position"]
    max_num = MAX_OPTIONS


class PhotoForm(forms.ModelForm):
    """A photo is decoded while the form is checked, so that a bad one is an error beside it."""

    class Meta:
        model = ProductPhoto
        fields = ("image", "alt", "position")

    def clean_image(self) -> Any:
        upload = self.cleaned_data["image"]
        if upload and "image" in self.changed_data:
            upload.seek(0)
            self.picture = photo_decode(upload)
        return upload


class PhotoInline(StoreInline):
    """A product's photos; the first is its cover."""

    model = ProductPhoto
    form = PhotoForm
    platform = owner = clerk = ALL
    fields = ["image", "alt", "position"]


class ProductForm(GuardedWords):
    """Tags as a merchant writes them: 有机、当季."""

    guard_kind = "product"
    guard_fields = ("title", "subtitle", "description")

    tags = forms.CharField(
        label=_("标签"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": _("有机、当季")}),
        help_text=_("用顿号或逗号分开，买家可以按标签筛选。"),
    )

    class Meta:
        model = Product
        fields = ("tags",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["tags"] = "、".join(self.instance.tags)

    def clean_fulfilment(self) -> str:
        chosen: str = self.cleaned_data["fulfilment"]
        if self.instance.pk and "fulfilment" in self.changed_data:
            try:
                fulfilment_check(product_id=self.instance.pk, fulfilment=chosen)
            except PublishRefused as refusal:
                raise ValidationError(str(refusal), code="fulfilment") from refusal
        return chosen

    def clean_related(self) -> Any:
        chosen = self.cleaned_data["related"]
        if self.instance.pk:
            chosen = chosen.exclude(pk=self.instance.pk)
        if len(chosen) > MAX_RELATED:
            raise ValidationError(
                _("搭配推荐最多 %(count)d 个。") % {"count": MAX_RELATED}, code="count"
            )
        return chosen

    def clean_tags(self) -> list[str]:
        return _words(self.cleaned_data["tags"], MAX_TAGS, TAG_LENGTH, _("标签"))


@admin.register(Product)
class ProductPage(GuardedWordsPage, StoreAdmin):
    """Products, with their SKUs and photos on the same page."""

    platform = owner = clerk = EDIT
    list_display = ["title", "category", "state", "position"]
    list_editable = ["position"]
    list_filter = ["state"]
    search_fields = ["title", "brand"]
    list_select_related = ["category", "store"]
    autocomplete_fields = ["category", "related"]
    readonly_fields = ["state"]
    fields = [
        "title",
        "subtitle",
        "category",
        "brand",
        "tags",
        "description",
        "fulfilment",
        "freight_template",
        "related",
        "purchase_limit",
        "on_sale_from",
        "on_sale_until",
        "position",
        "state",
        "store",
    ]
    form = ProductForm
    inlines = [OptionInline, SkuInline, PhotoInline]
    actions = ["publish", "withdraw", "generate"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = list(super().get_fields(request, obj))
        return fields if request.user.is_superuser else [f for f in fields if f != "store"]  # type: ignore[union-attr]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["state", "store"] if obj else ["state"]

    def view_on_site(self, obj: Product) -> str:
        return reverse("storefront:product", args=[obj.public_id])

    @admin.action(description=_("上架所选商品"))
    def publish(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        for product in queryset:
            try:
                advice = product_publish(product_id=product.pk, now=clock.now())
            except PublishRefused as refusal:
                messages.error(request, f"{product.title}：{refusal}")
                continue
            messages.success(request, _("“%(title)s”已上架。") % {"title": product.title})
            for line in advice:
                messages.warning(request, f"{product.title}：{line}")

    @admin.action(description=_("下架所选商品"))
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        count = sum(product_withdraw(product_id=p.pk, now=clock.now()) for p in queryset)
        messages.success(request, _("已下架 %(count)d 个商品。") % {"count": count})

    @admin.action(description=_("为所选商品生成规格组合"))
    def generate(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        for product in queryset:
            try:
                count = skus_generate(product_id=product.pk, by_id=request.user.pk, now=clock.now())
            except PublishRefused as refusal:
                messages.error(request, f"{product.title}：{refusal}")
                continue
            messages.success(
                request,
                _("“%(title)s”新增 %(count)d 个规格，请核对价格并填写库存。")
                % {"title": product.title, "count": count},
            )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is Sku:
            self._save_skus(request, form.instance, formset)
        elif formset.model is ProductPhoto:
            self._save_photos(request, form.instance, formset)
        else:
            super().save_formset(request, form, formset, change)

    def _save_skus(self, request: HttpRequest, product: Product, formset: Any) -> None:
        by_id = request.user.pk or 0
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for row in formset.forms:
            if not row.has_changed() and not (row.instance.pk and row in formset.deleted_forms):
                continue
            try:
                with transaction.atomic():
                    self._save_sku(row, product, deleted=row in formset.deleted_forms, by_id=by_id)
            except (PriceRefused, PublishRefused, StockRefused) as refusal:
                messages.error(request, f"{row.instance.name or _('新规格')}：{refusal}")
                continue
            if row.instance.pk:
                formset.changed_objects.append((row.instance, row.changed_data))

    def _save_sku(self, row: Any, product: Product, *, deleted: bool, by_id: int) -> None:
        if row.instance.pk and deleted:
            sku_remove(sku_id=row.instance.pk, now=clock.now())
        elif row.instance.pk:
            sku_apply(row, by_id=by_id)
        elif not deleted:
            sku_add(
                product_id=product.pk,
                name=row.cleaned_data["name"],
                price_fen=row.cleaned_data["price_fen"],
                on_hand=row.cleaned_data.get("stock") or 0,
                position=row.cleaned_data.get("position") or 0,
                by_id=by_id,
                now=clock.now(),
            )

    def _save_photos(self, request: HttpRequest, product: Product, formset: Any) -> None:
        for photo in formset.save(commit=False):
            if not limit_check("upload", f"user:{request.user.pk}", UPLOADS, UPLOADS_WINDOW_S):
                messages.error(request, _("图片上传太频繁了，请过十分钟再传其余的图片。"))
                break
            row = next(f for f in formset.forms if f.instance is photo)
            picture = getattr(row, "picture", None)
            if picture is not None:
                stored = photo_store(picture)
                photo.image = stored.name
                photo.width, photo.height = stored.width, stored.height
            photo.store_id = product.store_id
            photo.save()
        for photo in formset.deleted_objects:
            photo.delete()


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
        "by",
    ]
    list_filter = ["kind"]
    search_fields = ["=reference", "sku__name"]
    list_select_related = ["sku__product", "by", "store"]
    ordering = ["-id"]


@admin.register(PriceChange)
class PriceChangePage(ReadOnlyAdmin):
    """Every price a SKU ever had."""

    owner = clerk = VIEW
    list_display = ["changed_at", "sku", "before", "after", "by"]
    list_select_related = ["sku__product", "by", "store"]
    ordering = ["-id"]
    fields = ["changed_at", "sku", "before", "after", "by"]
    readonly_fields = ["before", "after"]

    @admin.display(description=_("原价格（元）"), ordering="before_fen")
    def before(self, change: PriceChange) -> str:
        return "—" if change.before_fen is None else yuan(change.before_fen)

    @admin.display(description=_("新价格（元）"), ordering="after_fen")
    def after(self, change: PriceChange) -> str:
        return yuan(change.after_fen)
