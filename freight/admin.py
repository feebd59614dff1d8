"""The merchant's freight templates: one row for everywhere, further rows for some provinces."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.divisions import division_children
from core.forms import YuanField
from core.money import yuan
from freight.models import MAX_UNITS, FreightArea, FreightTemplate
from freight.pricing import By, Load
from freight.queries import province_name, tariff_of, tariff_words, unmeasured_words
from freight.regions import UnknownProvince, province_short, provinces_read, provinces_write
from stores.scoped import ALL, VIEW, StoreAdmin, StoreInline

FEE = {"min_fen": 0, "widget": UnfoldAdminTextInputWidget}


class TemplateForm(forms.ModelForm):
    """A template, its fees typed in yuan."""

    first_fen = YuanField(label=_("首费（元）"), **FEE)
    step_fen = YuanField(label=_("续费（元）"), **FEE)
    free_over_fen = YuanField(
        label=_("实付满多少元包邮"),
        required=False,
        min_fen=1,
        help_text=_("优惠之后的货款；留空则不按金额包邮"),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = FreightTemplate
        fields = "__all__"  # noqa: DJ007  the page's own `fields` decide


class AreaForm(forms.ModelForm):
    """A row of provinces, written as one says them."""

    provinces = forms.CharField(
        label=_("省份"),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": _("新疆、西藏")}),
        help_text=_("用顿号分开；也可以写：江浙沪、京津冀、东三省、港澳、偏远地区"),
    )
    first_fen = YuanField(label=_("首费（元）"), **FEE)
    step_fen = YuanField(label=_("续费（元）"), **FEE)

    class Meta:
        model = FreightArea
        fields = ("provinces", "serves", "first", "first_fen", "step", "step_fen")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["provinces"] = provinces_write(self.instance.provinces)

    def clean_provinces(self) -> list[str]:
        try:
            return provinces_read(self.cleaned_data["provinces"])
        except UnknownProvince as error:
            raise ValidationError(str(error)) from error


class AreaFormSet(BaseInlineFormSet):
    """One province belongs to one row."""

    def clean(self) -> None:
        super().clean()
        taken: set[str] = set()
        for form in self.initial_forms + self.extra_forms:
            if form.cleaned_data.get("DELETE"):
                continue
            for code in form.cleaned_data.get("provinces") or []:
                if code in taken:
                    form.add_error(
                        "provinces",
                        _("%(name)s已经写在另一行里了，请只保留一处。")
                        % {"name": province_short(code)},
                    )
                taken.add(code)


class AreaInline(StoreInline):
    """Provinces where something else holds."""

    model = FreightArea
    form = AreaForm
    formset = AreaFormSet
    owner = clerk = ALL
    fields = ["provinces", "serves", "first", "first_fen", "step", "step_fen"]
    tab = False


class PreviewForm(forms.Form):
    """Where to, and how much: what the merchant wants to see the fee for."""

    province = forms.ChoiceField(label=_("寄到"), widget=UnfoldAdminSelectWidget)
    quantity = forms.IntegerField(
        label=_("件数"),
        min_value=1,
        max_value=999,
        initial=3,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    each = forms.IntegerField(
        label=_("每件多少（克或立方厘米）"),
        min_value=1,
        max_value=MAX_UNITS,
        initial=500,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    amount_fen = YuanField(label=_("货款（元）"), required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["province"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.code, one.name) for one in division_children()]


def preview(template: FreightTemplate, data: dict[str, Any]) -> str:
    """ "寄到广东省，3 件：¥9.00"."""
    tariff, province = tariff_of(template), data["province"]
    said = {"province": province_name(province), "quantity": data["quantity"]}
    if not tariff.serves(province):
        return _("寄到%(province)s：不配送") % said
    each = data["each"] if tariff.by is not By.PIECE else 0
    load = Load(data["quantity"], each, each, data["amount_fen"] or 0)
    fee = tariff.fee_fen(province, [load])
    return _("寄到%(province)s，%(quantity)d 件：¥%(fee)s") % {**said, "fee": yuan(fee)}


@admin.register(FreightTemplate)
class FreightTemplatePage(StoreAdmin):
    """A freight template, with a preview below it; products choose theirs on their own page."""

    form = TemplateForm
    platform = VIEW
    owner = clerk = ALL
    list_display = ["name", "unit", "words", "products"]
    list_select_related = ["store"]
    fields = [
        ("name", "unit"),
        "serves",
        ("first", "first_fen"),
        ("step", "step_fen"),
        ("free_over_fen", "free_over_count"),
    ]
    inlines = [AreaInline]
    actions = ["use_for_all"]
    change_form_outer_after_template = "admin/freight/preview.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[FreightTemplate]:
        return super().get_queryset(request).prefetch_related("areas", "products")

    @admin.display(description=_("买家看到"))
    def words(self, template: FreightTemplate) -> str:
        return tariff_words(tariff_of(template))

    @admin.display(description=_("用它的商品"))
    def products(self, template: FreightTemplate) -> int:
        return len(template.products.all())

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        template = self.get_object(request, object_id)
        asked = PreviewForm(request.GET if "province" in request.GET else None)
        said = ""
        if template is not None and asked.is_bound and asked.is_valid():
            said = preview(template, asked.cleaned_data)
        context = {**(extra_context or {}), "preview_form": asked, "preview": said}
        return super().change_view(request, object_id, form_url, context)

    def delete_model(self, request: HttpRequest, obj: FreightTemplate) -> None:
        try:
            super().delete_model(request, obj)
        except ProtectedError:
            messages.error(request, _("还有商品在用这个模板，请先给它们换一个。"))

    @admin.action(description=_("用于全部商品"), permissions=["change"])
    def use_for_all(self, request: HttpRequest, queryset: QuerySet[FreightTemplate]) -> None:
        if queryset.count() != 1:
            messages.error(request, _("请只选一个模板。"))
            return
        template = queryset.get()
        number = template.store.products.update(freight_template=template)
        messages.success(
            request,
            _("%(number)d 个商品改用“%(name)s”。") % {"number": number, "name": template.name},
        )
        self._warn(request, template)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self._warn(request, form.instance)

    def _warn(self, request: HttpRequest, template: FreightTemplate) -> None:
        if words := unmeasured_words(template):
            messages.warning(request, words)
