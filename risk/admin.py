"""The merchant's thresholds, and every order that a rule found something about."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from core.forms import YuanField
from core.numbers import foreign, ref
from risk.models import RiskAssessment, RiskPolicy, RiskReport
from risk.rules import RULES, Policy
from stores.scoped import EDIT, VIEW, ReadOnlyAdmin, StoreAdmin

PLAIN = ("is_on", "code_from", "hold_from", "refuse_from", "hold_hours", "big_fen")


class PolicyForm(forms.ModelForm):
    """Thresholds, and what each rule counts; an empty field is the usual score, 0 switches it off."""

    big_fen = YuanField(
        label=_("多大金额算特别大（元）"),
        min_fen=1,
        initial=Policy().big_fen,
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = RiskPolicy
        fields = PLAIN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        weights = self.instance.weights or {}
        for rule in RULES:
            name = f"rule_{rule.name}"
            self.fields[name] = forms.IntegerField(
                label=str(rule.title),
                required=False,
                min_value=0,
                max_value=1000,
                initial=weights.get(rule.name),
                widget=UnfoldAdminIntegerFieldWidget(attrs={"placeholder": rule.score}),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        steps = [data.get(name) or 0 for name in ("code_from", "hold_from", "refuse_from")]
        if not self.errors and steps != sorted(steps):
            self.add_error("refuse_from", _("三个分值应从小到大：验证、审核、拒绝。"))
        return data

    def save(self, commit: bool = True) -> Any:
        self.instance.weights = {
            rule.name: score
            for rule in RULES
            if (score := self.cleaned_data.get(f"rule_{rule.name}")) is not None
        }
        return super().save(commit)


@admin.register(RiskPolicy)
class RiskPolicyPage(StoreAdmin):
    """How careful the store is; one page, because a store has one policy."""

    form = PolicyForm
    platform = VIEW
    owner = EDIT
    list_display = ["__str__", "is_on", "code_from", "hold_from", "refuse_from", "hold_hours"]
    list_select_related = ["store"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        plain = ["is_on", ("code_from", "hold_from", "refuse_from"), ("hold_hours", "big_fen")]
        if not self.has_change_permission(request, obj) and not self.has_add_permission(request):
            return [(None, {"fields": plain})]
        rules = [f"rule_{rule.name}" for rule in RULES]
        return [(None, {"fields": plain}), (_("每条规则的分值"), {"fields": rules})]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        # The rules' fields are made by the form itself.
        return super().get_form(request, obj, change, **{**kwargs, "fields": PLAIN})

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request) and not self.get_queryset(request).exists()


@admin.register(RiskAssessment)
class RiskAssessmentPage(ReadOnlyAdmin):
    """Which rules fired, on which order, and what came of it."""

    platform = owner = clerk = VIEW
    list_display = ["assessed_at", "user", "order_ref", "verdict", "score", "why"]
    list_filter = ["verdict"]
    list_select_related = ["user", "store"]
    search_numbers = [ref("ord", "order_ref")]
    ordering = ["-id"]

    @admin.display(description=_("原因"))
    def why(self, row: RiskAssessment) -> str:
        return row.why

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["assessed_at", "user", "order_ref", "verdict", "score", "why"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj)


@admin.register(RiskReport)
class RiskReportPage(ReadOnlyAdmin):
    """What was reported of the store's buyers, and how long it counts."""

    platform = owner = clerk = VIEW
    list_display = ["reported_at", "user", "what", "reference", "score", "until"]
    list_select_related = ["user", "store"]
    search_numbers = [foreign("reference")]
    ordering = ["-id"]

    @admin.display(description=_("反映"))
    def what(self, row: RiskReport) -> str:
        return row.title

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["reported_at", "user", "what", "reference", "score", "until"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj)
