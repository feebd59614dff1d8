"""The merchant's sharers: who they are, what they earn, and the book of it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from core import clock
from core.columns import named_in_full
from core.forms import YuanField
from core.idempotency import form_first, form_key_new
from core.money import yuan
from guard.wording import GuardedWords, GuardedWordsPage
from sharers.models import MAX_RATE_BP, Reward, RewardEntry, Sharer, SharerPlan, SkuRate
from sharers.queries import rate_text
from sharers.rates import Rate
from sharers.services import (
    PayoutRefused,
    form_owner,
    payout_record,
    payout_reverse,
    sharer_approve,
    sharer_decline,
    sharer_stop,
)
from sharing.explained_admin import ExplainedAdmin
from stores.scoped import ALL, CHANGE, EDIT, VIEW, ReadOnlyAdmin, StoreAdmin, staff_of

PAYOUT_FIELDS = ("paid_fen", "paid_note", "form_key")


class PercentField(forms.DecimalField):
    """A share that a person types in percent and the code receives in hundredths of one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_value=0,
            max_value=MAX_RATE_BP // 100,
            decimal_places=2,
            max_digits=5,
            widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return f"{value / 100:g}" if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        percent = super().clean(value)
        return None if percent is None else int(percent * 100)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)


class PlanForm(GuardedWords):
    """A plan, its share typed in percent."""

    guard_kind = "sharers"
    guard_fields = ("terms",)

    rate_bp = PercentField(label=_("奖励比例（%）"), help_text=_("按实付货款计算，不含运费"))

    class Meta:
        model = SharerPlan
        fields = "__all__"


@admin.register(SharerPlan)
class SharerPlanPage(GuardedWordsPage, StoreAdmin):
    """What the store offers its sharers; one page, because a store has one plan."""

    form = PlanForm
    platform = VIEW
    owner = EDIT
    list_display = ["__str__", "is_open", "pays_rewards", "rate", "frozen_days"]
    fields = ["is_open", "takes_everybody", "pays_rewards", "rate_bp", "frozen_days", "terms"]

    @admin.display(description=_("奖励比例"))
    def rate(self, plan: SharerPlan) -> str:
        return rate_text(Rate(rate_bp=plan.rate_bp))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request) and not self.get_queryset(request).exists()


class SkuRateForm(forms.ModelForm):
    """What one SKU earns: a share, or so much a piece."""

    rate_bp = PercentField(label=_("奖励比例（%）"), required=False)
    fixed_fen = YuanField(
        label=_("或每件奖励（元）"), required=False, widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = SkuRate
        fields = "__all__"  # noqa: DJ007  the page's own `fields` decide

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and (data.get("rate_bp") is None) == (data.get("fixed_fen") is None):
            raise ValidationError(_("比例和每件金额，请填一项，也只填一项。"))
        return data


@admin.register(SkuRate)
class SkuRatePage(StoreAdmin):
    """SKUs that earn otherwise than the plan says."""

    form = SkuRateForm
    platform = VIEW
    owner = ALL
    list_display = ["sku", "rate"]
    list_select_related = ["sku__product", "store"]
    autocomplete_fields = ["sku"]
    fields = ["sku", "rate_bp", "fixed_fen"]

    @admin.display(description=_("奖励"))
    def rate(self, row: SkuRate) -> str:
        return rate_text(Rate(row.rate_bp, row.fixed_fen))


class FormKeyField(forms.CharField):
    """The hidden key by which sending a form twice books once; no change by itself."""

    def __init__(self) -> None:
        super().__init__(max_length=64, initial=form_key_new, widget=forms.HiddenInput)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class SharerForm(GuardedWords):
    """A sharer; what was paid to them by other means is booked here."""

    guard_kind = "showcase"
    guard_fields = ("name", "intro")

    paid_fen = YuanField(
        label=_("登记一笔结算（元）"),
        required=False,
        min_fen=1,
        help_text=_("你已经通过其他方式付给分享员的金额；不填则不登记"),
        widget=UnfoldAdminTextInputWidget,
    )
    paid_note = forms.CharField(
        label=_("结算说明"), required=False, max_length=120, widget=UnfoldAdminTextInputWidget
    )
    form_key = FormKeyField()

    class Meta:
        model = Sharer
        fields = ("name", "intro")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        paid_fen = data.get("paid_fen")
        if paid_fen and paid_fen > self.instance.available_fen and not self._was_sent(data):
            most = yuan(max(self.instance.available_fen, 0))
            said = ValidationError(_("现在最多可以结算 %(most)s 元。"), params={"most": most})
            self.add_error("paid_fen", said)
        return data

    def _was_sent(self, data: dict[str, Any]) -> bool:
        owner = form_owner(self.instance.pk)
        return form_first(owner=owner, key=data.get("form_key", "")) is not None


@admin.register(Sharer)
class SharerPage(GuardedWordsPage, StoreAdmin):
    """Who recommends the store's goods, and what they have earned."""

    form = SharerForm
    platform = VIEW
    owner = CHANGE
    clerk = VIEW
    list_display = ["name", "person", "state", "available", "frozen", "applied_at"]
    list_filter = ["state"]
    list_select_related = ["person", "store"]
    readonly_fields = [
        *("person", "state", "available", "frozen"),
        *("applied_at", "approved_at", "stopped_at"),
    ]
    fields = [
        ("name", "intro"),
        ("person", "state"),
        ("available", "frozen"),
        PAYOUT_FIELDS,
        ("applied_at", "approved_at", "stopped_at"),
    ]
    actions = ["approve", "decline", "stop"]
    ordering = ["-id"]

    @admin.display(description=_("可结算"))
    def available(self, sharer: Sharer) -> str:
        return f"¥{yuan(sharer.available_fen)}"

    @admin.display(description=_("冻结中"))
    def frozen(self, sharer: Sharer) -> str:
        return f"¥{yuan(sharer.frozen_fen)}"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return self.fields
        return [row for row in self.fields if row != PAYOUT_FIELDS]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        # Never the whole row: its money may have moved since the page was opened.
        obj.save(update_fields=["name", "intro"])
        paid_fen = form.cleaned_data.get("paid_fen")
        if paid_fen:
            assert request.user.pk is not None
            try:
                booked = payout_record(
                    sharer_id=obj.pk,
                    amount_fen=paid_fen,
                    note=form.cleaned_data["paid_note"],
                    by_id=request.user.pk,
                    form_key=form.cleaned_data["form_key"],
                    now=clock.now(),
                )
            except PayoutRefused as refusal:
                messages.error(request, str(refusal))
            else:
                said = _("已登记结算 %(amount)s 元。") if booked else _("这笔结算已经登记过了。")
                messages.success(request, said % {"amount": yuan(paid_fen)})

    @admin.action(description=_("通过所选申请"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Sharer]) -> None:
        number = sum(sharer_approve(sharer_id=one.pk, now=clock.now()) for one in queryset)
        messages.success(request, _("已通过 %(number)d 位分享员。") % {"number": number})

    @admin.action(description=_("不通过所选申请"), permissions=["change"])
    def decline(self, request: HttpRequest, queryset: QuerySet[Sharer]) -> None:
        number = sum(sharer_decline(sharer_id=one.pk, now=clock.now()) for one in queryset)
        messages.success(request, _("没有通过 %(number)d 位的申请。") % {"number": number})

    @admin.action(description=_("停止所选分享员"), permissions=["change"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Sharer]) -> None:
        # Whoever only asked was never sharing: they hear that they were not taken.
        number = sum(
            sharer_decline(sharer_id=one.pk, now=clock.now())
            or sharer_stop(sharer_id=one.pk, now=clock.now())
            for one in queryset
        )
        messages.success(request, _("已停止 %(number)d 位分享员。") % {"number": number})


@admin.register(Reward)
class RewardPage(ExplainedAdmin):
    """What each order line earned, and by which share: the sharer reads the same."""

    platform = owner = clerk = VIEW
    list_display = ["earned_at", "sharer", "line", "amount", "rate", "state", "why"]
    list_filter = ["state"]
    list_select_related = ["sharer", "line", "store"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reward]:
        # Until its order is paid, a reward is only what was promised.
        return super().get_queryset(request).filter(earned_at__isnull=False)

    @admin.display(description=_("奖励"))
    def amount(self, reward: Reward) -> str:
        return f"¥{yuan(reward.amount_fen)}"

    @admin.display(description=_("比例"))
    def rate(self, reward: Reward) -> str:
        return rate_text(Rate(reward.rate_bp, reward.fixed_fen))


class ReversalForm(forms.Form):
    """Why a payout was no payout."""

    reason = forms.CharField(
        label=_("原因"),
        max_length=120,
        help_text=_("分享员也会看到，例如：填错了金额"),
        widget=UnfoldAdminTextInputWidget,
    )


@admin.register(RewardEntry)
class RewardEntryPage(ReadOnlyAdmin):
    """The sharers' ledger; a payout that was booked by mistake is put right by another entry."""

    platform = owner = clerk = VIEW
    actions_detail = ["reverse"]
    list_display = ["at", "sharer", "kind", "amount", "note", "by_name"]
    by_name = named_in_full("by", _("经手人"))
    list_filter = ["kind"]
    list_select_related = ["sharer", "by", "store"]
    ordering = ["-id"]

    @admin.display(description=_("金额"))
    def amount(self, entry: RewardEntry) -> str:
        return f"¥{yuan(entry.amount_fen)}"

    def has_reverse_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        staff = staff_of(request)
        if staff is None or staff.role != staff.Role.OWNER:
            return False
        payouts = self.get_queryset(request).filter(kind=RewardEntry.Kind.PAYOUT, reversal=None)
        return object_id is None or payouts.filter(pk=object_id).exists()

    @action(description=_("更正这笔结算"), url_path="reverse", icon="undo", permissions=["reverse"])
    def reverse(self, request: HttpRequest, object_id: int) -> HttpResponse:
        entry = get_object_or_404(self.get_queryset(request), pk=object_id)
        form = ReversalForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            assert request.user.pk is not None
            try:
                done = payout_reverse(
                    entry_id=entry.pk,
                    reason=form.cleaned_data["reason"],
                    by_id=request.user.pk,
                    now=clock.now(),
                )
            except PayoutRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                said = _("已更正，这笔钱回到可结算。") if done else _("这笔结算已经更正过了。")
                messages.success(request, said)
                return redirect("admin:sharers_rewardentry_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "entry": entry,
            "form": form,
            "title": _("更正结算"),
        }
        return render(request, "admin/sharers/rewardentry/reverse.html", context)
