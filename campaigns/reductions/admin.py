"""The merchant's full reductions. A draft is edited; a published one is watched or ended."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.reductions.models import Reduction, ReductionStep
from campaigns.reductions.services import (
    ReductionRefused,
    reduction_editable,
    reduction_end,
    reduction_publish,
)
from core import clock
from core.forms import YuanField
from core.money import yuan
from guard.publishing import DraftInline, DraftOnly, GuardedPublishing
from guard.rules import Finding, wording
from stores.scoped import ALL, EDIT, StoreAdmin


class StepForm(forms.ModelForm):
    """A step, typed in yuan."""

    threshold_fen = YuanField(label=_("满（元）"), min_fen=1, widget=UnfoldAdminTextInputWidget)
    off_fen = YuanField(label=_("减（元）"), min_fen=1, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = ReductionStep
        fields = ("threshold_fen", "off_fen")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        threshold_fen, off_fen = data.get("threshold_fen"), data.get("off_fen")
        if threshold_fen and off_fen and off_fen >= threshold_fen:
            self.add_error("off_fen", _("减的金额须少于满的金额。"))
        return data


class StepInline(DraftInline):
    """Its steps; fixed once it is published."""

    model = ReductionStep
    form = StepForm
    owner = clerk = ALL
    fields = ["threshold_fen", "off_fen"]


class ReductionForm(DraftOnly, forms.ModelForm):
    """A campaign, its amounts typed in yuan."""

    cap_fen = YuanField(
        label=_("最多减（元）"),
        min_fen=1,
        required=False,
        help_text=_("只用于“每满减”；留空不封顶"),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Reduction
        fields = "__all__"  # noqa: DJ007  the page's own `fields` decide

    def still_draft(self) -> bool:
        return reduction_editable(reduction_id=self.instance.pk)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        scope = data.get("scope")
        for name, words in (("category", _("请选择分类。")), ("product", _("请选择商品。"))):
            if scope == name and not data.get(name):
                self.add_error(name, words)
            elif scope and scope != name and data.get(name):
                self.add_error(name, _("适用商品不是这一项时，请留空。"))
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("结束时间须晚于开始时间。"))
        return data


@admin.register(Reduction)
class ReductionPage(GuardedPublishing, StoreAdmin):
    """Full-reduction campaigns."""

    guard_kind = "reduction"
    watched = ("state",)

    owner = clerk = EDIT
    form = ReductionForm
    list_display = ["name", "state", "terms", "scope", "starts_at", "ends_at"]
    list_filter = ["state"]
    search_fields = ["name"]
    list_select_related = ["store"]
    autocomplete_fields = ["product"]
    fields = [
        "name",
        ("kind", "cap_fen"),
        ("scope", "category", "product"),
        "starts_at",
        "ends_at",
        "state",
    ]
    inlines = [StepInline]
    actions = ["publish", "end"]
    ordering = ["-id"]

    @admin.display(description=_("满减"))
    def terms(self, reduction: Reduction) -> str:
        return "；".join(
            f"{yuan(step.threshold_fen)} − {yuan(step.off_fen)}" for step in reduction.steps.all()
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reduction]:
        return super().get_queryset(request).prefetch_related("steps")

    def guard_title(self, reduction: Reduction) -> str:
        return reduction.name

    def guard_findings(self, reduction: Reduction) -> list[Finding]:
        return wording({str(_("活动名称")): reduction.name})

    @admin.action(description=_("发布所选活动"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Reduction]) -> HttpResponse | None:
        def put_out(reduction: Reduction) -> None:
            try:
                reduction_publish(reduction_id=reduction.pk, now=clock.now())
            except ReductionRefused as refusal:
                messages.error(request, f"{reduction.name}：{refusal}")
            else:
                messages.success(request, _("“%(name)s”已发布。") % {"name": reduction.name})

        return self.guarded(request, queryset, put_out)

    @admin.action(description=_("提前结束所选活动"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Reduction]) -> None:
        count = sum(reduction_end(reduction_id=one.pk, now=clock.now()) for one in queryset)
        messages.success(request, _("已结束 %(count)d 个活动。") % {"count": count})
