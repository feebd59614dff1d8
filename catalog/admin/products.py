"""Categories and products, each product with its options, SKUs and photos on one page."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog.admin.options import OptionInline, words_read
from catalog.admin.photos import PhotoInline
from catalog.admin.refusals import RefusalsAsErrors
from catalog.admin.skus import SkuInline, sku_apply
from catalog.models import MAX_RELATED, MAX_TAGS, TAG_LENGTH, Category, Product, ProductPhoto, Sku
from catalog.services import (
    PublishRefused,
    freight_advice,
    fulfilment_check,
    product_publish,
    product_times_keep,
    product_withdraw,
    sku_add,
    sku_remove,
    skus_generate,
    skus_prune,
    skus_stray,
)
from core import clock
from core.photos import photo_store
from guard.wording import GuardedWords, GuardedWordsPage
from stores.scoped import ALL, EDIT, StoreAdmin


@admin.register(Category)
class CategoryPage(StoreAdmin):
    """The store's shelves."""

    owner = clerk = ALL
    list_display = ["name", "slug", "position"]
    list_editable = ["position"]
    search_fields = ["name"]


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
        return words_read(self.cleaned_data["tags"], MAX_TAGS, TAG_LENGTH, _("标签"))


@admin.register(Product)
class ProductPage(RefusalsAsErrors, GuardedWordsPage, StoreAdmin):
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
    actions = ["publish", "withdraw", "generate", "prune"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["state", "store"] if obj else ["state"]

    def view_on_site(self, obj: Product) -> str:
        return reverse("storefront:product", args=[obj.public_id])

    @admin.action(description=_("上架所选商品"), permissions=["change"])
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

    @admin.action(description=_("下架所选商品"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        count = sum(product_withdraw(product_id=p.pk, now=clock.now()) for p in queryset)
        messages.success(request, _("已下架 %(count)d 个商品。") % {"count": count})

    @admin.action(description=_("为所选商品生成规格组合"), permissions=["change"])
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
            if stray := skus_stray(product.pk):
                messages.warning(
                    request,
                    _(
                        "“%(title)s”有 %(count)d 个规格不在现在的组合里，仍在出售：%(names)s。"
                        "不再卖的，请用“停用所选商品组合以外的规格”。"
                    )
                    % {
                        "title": product.title,
                        "count": len(stray),
                        "names": "、".join(sku.name for sku in stray[:10]),
                    },
                )

    @admin.action(description=_("停用所选商品组合以外的规格"), permissions=["change"])
    def prune(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        for product in queryset:
            try:
                count = skus_prune(product_id=product.pk, now=clock.now())
            except PublishRefused as refusal:
                messages.error(request, f"{product.title}：{refusal}")
                continue
            messages.success(
                request,
                _("“%(title)s”停用了 %(count)d 个规格。")
                % {"title": product.title, "count": count},
            )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            # Never the whole row: it may have gone on sale since the page was opened.
            own = {field.name for field in Product._meta.concrete_fields}
            changed = [name for name in form.cleaned_data if name in own]
            if {"on_sale_from", "on_sale_until"} & set(form.changed_data):
                product_times_keep(
                    product_id=obj.pk,
                    begins=obj.on_sale_from,
                    ends=obj.on_sale_until,
                    now=clock.now(),
                )
            obj.save(update_fields=changed)
        else:
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for line in freight_advice(form.instance):
            messages.warning(request, line)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is Sku:
            self._save_skus(form.instance, formset, by_id=request.user.pk or 0)
        elif formset.model is ProductPhoto:
            self._save_photos(form.instance, formset)
        else:
            super().save_formset(request, form, formset, change)

    def _save_skus(self, product: Product, formset: Any, *, by_id: int) -> None:
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for row in formset.forms:
            if not row.has_changed() and not (row.instance.pk and row in formset.deleted_forms):
                continue
            self._save_sku(row, product, deleted=row in formset.deleted_forms, by_id=by_id)
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

    def _save_photos(self, product: Product, formset: Any) -> None:
        for photo in formset.save(commit=False):
            row = next(f for f in formset.forms if f.instance is photo)
            if "image" in row.changed_data:
                stored = photo_store(row.cleaned_data["image"].picture)
                photo.image = stored.name
                photo.width, photo.height = stored.width, stored.height
            photo.store_id = product.store_id
            photo.save()
        for photo in formset.deleted_objects:
            photo.delete()
