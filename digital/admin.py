"""The merchant's card keys: importing them, seeing which are sold, giving one up."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from catalog.queries import skus_by_keys
from catalog.services import StockRefused
from core import clock
from core.columns import named_in_full
from core.numbers import ref
from digital.models import DigitalItem
from digital.services import KeysRefused, key_void, keys_import
from stores.scoped import VIEW, ReadOnlyAdmin, staff_of


class ImportForm(forms.Form):
    """Which SKU, and its keys, one a line."""

    sku = forms.TypedChoiceField(label=_("规格"), coerce=int, widget=UnfoldAdminSelectWidget)
    keys = forms.CharField(
        label=_("卡密，一行一条；卡号和密码写在同一行"),
        max_length=600_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 10, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, choices: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sku"].choices = choices  # type: ignore[attr-defined]


@admin.register(DigitalItem)
class DigitalItemPage(ReadOnlyAdmin):
    """Card keys. Nobody reads a whole one here: a key belongs to its buyer."""

    platform = owner = clerk = VIEW
    list_display = ["key", "sku", "added_at", "delivered_at", "order", "voided_at"]
    list_filter = [
        ("delivered_at", admin.EmptyFieldListFilter),
        ("voided_at", admin.EmptyFieldListFilter),
    ]
    search_numbers = [ref("ord", "line__order__public_id")]
    list_select_related = ["sku__product", "line__order", "store"]
    ordering = ["-id"]
    fields = ["key", "sku", "added_at", "by_name", "delivered_at", "order", "voided_at"]
    by_name = named_in_full("by", _("导入人"))
    actions_list = ["take_in"]
    actions = ["give_up"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.fields)

    @admin.display(description=_("卡密"))
    def key(self, item: DigitalItem) -> str:
        return item.masked

    @admin.display(description=_("订单"))
    def order(self, item: DigitalItem) -> str:
        return item.line.order.public_id if item.line else "—"

    @action(description=_("导入卡密"), url_path="import", icon="upload", permissions=["work"])
    def take_in(self, request: HttpRequest) -> HttpResponse:
        staff = staff_of(request)
        assert staff is not None  # has_work_permission
        choices = [(sku.id, f"{sku.title} {sku.name}") for sku in skus_by_keys(staff.store_id)]
        form = ImportForm(request.POST or None, choices=choices)
        if request.method == "POST" and form.is_valid():
            try:
                done = keys_import(
                    store_id=staff.store_id,
                    sku_id=form.cleaned_data["sku"],
                    lines=form.cleaned_data["keys"].splitlines(),
                    by_id=request.user.pk,
                    now=clock.now(),
                )
            except (KeysRefused, StockRefused) as refusal:
                form.add_error(None, str(refusal))
            else:
                said = _("导入 %(added)d 条，库存已增加；%(known)d 条以前导入过，没有重复。")
                messages.success(request, said % {"added": done.added, "known": done.known})
                return redirect("admin:digital_digitalitem_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("导入卡密"),
            "form": form,
            "has_choices": bool(choices),
        }
        return render(request, "admin/digital/digitalitem/import.html", context)

    @admin.action(description=_("作废所选未售卡密"), permissions=["work"])
    def give_up(self, request: HttpRequest, queryset: QuerySet[DigitalItem]) -> None:
        given = 0
        for item in queryset:
            try:
                given += key_void(item_id=item.pk, by_id=request.user.pk, now=clock.now())
            except (KeysRefused, StockRefused) as refusal:
                messages.error(request, f"{item.masked}：{refusal}")
        if given:
            messages.success(request, _("已作废 %(count)d 条，库存已减少。") % {"count": given})
