"""The merchant's coupons: what is given out and what came of it, and who has which coupon."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.coupons.models import Coupon, CouponTemplate
from campaigns.coupons.queries import Effect, Worth, effects
from campaigns.coupons.services import (
    TakeRefused,
    TemplateRefused,
    coupon_give,
    template_editable,
    template_end,
    template_publish,
)
from core import clock
from core.columns import named_in_full
from core.forms import YuanField
from core.idempotency import form_key_new
from core.ids import ALPHABET
from core.money import yuan
from core.numbers import ref
from guard.publishing import DraftOnly, GuardedPublishing
from guard.rules import Finding, wording
from stores.scoped import EDIT, VIEW, ReadOnlyAdmin, StoreAdmin


class TemplateForm(DraftOnly, forms.ModelForm):
    """A template, its amounts typed in yuan."""

    published = _("这张券已发布，金额不能再改；可以停止发放，再建一张。")
    off_fen = YuanField(
        label=_("减（元）"), min_fen=1, required=False, widget=UnfoldAdminTextInputWidget
    )
    cap_fen = YuanField(
        label=_("最多减（元）"),
        min_fen=1,
        required=False,
        help_text=_("按比例减时必填"),
        widget=UnfoldAdminTextInputWidget,
    )
    minimum_fen = YuanField(
        label=_("满多少可用（元）"),
        help_text=_("填 0 是无门槛"),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = CouponTemplate
        fields = "__all__"  # noqa: DJ007  the page's own `fields` decide

    def still_draft(self) -> bool:
        return template_editable(template_id=self.instance.pk)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("kind") == CouponTemplate.Kind.FIXED:
            self._either(data, wanted=("off_fen",), empty=("percent", "cap_fen"))
        elif data.get("kind"):
            self._either(data, wanted=("percent", "cap_fen"), empty=("off_fen",))
        scope = data.get("scope")
        wanted = (scope,) if scope in {"category", "product"} else ()
        empty = tuple(name for name in ("category", "product") if name not in wanted)
        self._either(data, wanted=wanted, empty=empty)
        if data.get("valid_days"):
            self._either(data, wanted=(), empty=("usable_from", "usable_until"))
        else:
            self._either(data, wanted=("usable_from", "usable_until"), empty=())
        for first, last in (("take_from", "take_until"), ("usable_from", "usable_until")):
            if data.get(first) and data.get(last) and data[last] <= data[first]:
                self.add_error(last, _("结束时间须晚于开始时间。"))
        return data

    def _either(
        self, data: dict[str, Any], *, wanted: tuple[str, ...], empty: tuple[str, ...]
    ) -> None:
        for name in wanted:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("请填写这一项。"))
        for name in empty:
            if data.get(name):
                self.add_error(name, _("按上面的选择，这一项请留空。"))


class GiveForm(forms.Form):
    """Whom to give one."""

    to = forms.CharField(
        label=_("买家的手机号，或在本店的订单号"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "autofocus": True}),
    )
    form_key = forms.RegexField(rf"^[{ALPHABET}]{{26}}\Z", widget=forms.HiddenInput)


@admin.register(CouponTemplate)
class TemplatePage(GuardedPublishing, StoreAdmin):
    """Coupons as they are given out. A draft is edited; a published one is watched or stopped."""

    guard_kind = "coupon"

    owner = clerk = EDIT
    form = TemplateForm
    list_display = [
        *("name", "state", "worth", "how", "given", "used", "discount", "sales", "take_until"),
    ]
    list_filter = ["state", "how"]
    search_fields = ["name", "^code"]
    search_numbers = [ref("cpt")]
    list_select_related = ["store"]
    autocomplete_fields = ["product"]
    fields = [
        "name",
        ("kind", "off_fen", "percent", "cap_fen"),
        "minimum_fen",
        ("scope", "category", "product"),
        "how",
        ("total", "limit_per_person"),
        ("take_from", "take_until"),
        ("valid_days", "usable_from", "usable_until"),
        "state",
        "code",
        ("given", "used", "orders", "discount", "sales"),
    ]
    watched = ("state", "code", "given", "used", "orders", "discount", "sales")
    actions = ["publish", "end"]
    actions_detail = ["give"]
    actions_row = ["give"]
    ordering = ["-id"]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page's rows with what came of them, in one query more."""
        changelist = super().get_changelist_instance(request)
        found = effects([row.pk for row in changelist.result_list])
        for row in changelist.result_list:
            row.effect = found.get(row.pk, Effect())
        return changelist

    @admin.display(description=_("优惠"))
    def worth(self, template: CouponTemplate) -> str:
        worth = Worth(template.off_fen, template.percent, template.cap_fen, template.minimum_fen)
        return f"{worth.headline}，{worth.condition}"

    @admin.display(description=_("已领 / 总数"))
    def given(self, template: CouponTemplate) -> str:
        return f"{template.taken} / {template.total}"

    @admin.display(description=_("已用"))
    def used(self, template: CouponTemplate) -> int:
        return _effect(template).used

    @admin.display(description=_("成交订单"))
    def orders(self, template: CouponTemplate) -> int:
        return _effect(template).orders

    @admin.display(description=_("让利（元）"))
    def discount(self, template: CouponTemplate) -> str:
        return yuan(_effect(template).discount_fen)

    @admin.display(description=_("带来成交（元）"))
    def sales(self, template: CouponTemplate) -> str:
        return yuan(_effect(template).sales_fen)

    def guard_title(self, template: CouponTemplate) -> str:
        return template.name

    def guard_findings(self, template: CouponTemplate) -> list[Finding]:
        return wording({str(_("券名")): template.name})

    @admin.action(description=_("发布所选优惠券"), permissions=["change"])
    def publish(
        self, request: HttpRequest, queryset: QuerySet[CouponTemplate]
    ) -> HttpResponse | None:
        def put_out(template: CouponTemplate) -> None:
            try:
                template_publish(template_id=template.pk, now=clock.now())
            except TemplateRefused as refusal:
                messages.error(request, f"{template.name}：{refusal}")
            else:
                messages.success(request, _("“%(name)s”已发布。") % {"name": template.name})

        return self.guarded(request, queryset, put_out)

    @admin.action(description=_("停止发放（已领的仍可用）"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[CouponTemplate]) -> None:
        count = sum(template_end(template_id=one.pk, now=clock.now()) for one in queryset)
        messages.success(request, _("已停止发放 %(count)d 种优惠券。") % {"count": count})

    @action(description=_("发给买家"), url_path="give", icon="redeem", permissions=["work"])
    def give(self, request: HttpRequest, object_id: int) -> HttpResponse:
        template = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = GiveForm(request.POST or None, initial={"form_key": form_key_new()})
        if request.method == "POST" and form.is_valid():
            try:
                coupon_give(
                    template_id=template.pk,
                    store_id=template.store_id,
                    to=form.cleaned_data["to"],
                    by_id=request.user.pk,
                    form_key=form.cleaned_data["form_key"],
                    now=clock.now(),
                )
            except TakeRefused as refusal:
                form.add_error("to", str(refusal))
            else:
                messages.success(request, _("已发放，买家在“我的优惠券”里可以看到。"))
                return HttpResponseRedirect(
                    reverse("admin:coupons_coupontemplate_change", args=[template.pk])
                )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "template": template,
            "form": form,
            "title": _("发给买家"),
            "submit": _("发一张"),
        }
        return render(request, "admin/coupons/coupontemplate/give.html", context)


@admin.register(Coupon)
class CouponPage(ReadOnlyAdmin):
    """Every coupon that somebody has, and what became of it."""

    given_by_name = named_in_full("given_by", _("发放人"))

    platform = owner = clerk = VIEW
    list_display = [
        *("public_id", "template", "who", "state", "source", "taken_at", "expires_at", "order"),
        "discount",
    ]
    list_filter = ["state", "source", ("taken_at", admin.DateFieldListFilter)]
    search_fields = ["template__name"]
    search_numbers = [ref("cpn"), ref("ord", "order__public_id")]
    list_select_related = ["store", "template", "user", "order"]
    ordering = ["-id"]
    fields = [
        *("public_id", "template", "who", "state", "source", "given_by_name", "taken_at"),
        *("usable_from", "expires_at", "order", "used_at", "discount"),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.fields

    @admin.display(description=_("持有人"))
    def who(self, coupon: Coupon) -> str:
        return coupon.user.public_name

    @admin.display(description=_("优惠（元）"))
    def discount(self, coupon: Coupon) -> str:
        return yuan(coupon.discount_fen) if coupon.discount_fen else ""


def _effect(template: CouponTemplate) -> Effect:
    found: Effect | None = getattr(template, "effect", None)
    if found is None:
        found = effects([template.pk]).get(template.pk, Effect()) if template.pk else Effect()
        template.effect = found  # type: ignore[attr-defined]
    return found
