"""Orders that wait for a person's judgement."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from core import clock
from core.columns import named_in_full
from orders.models import RiskReview
from orders.services import CancelRefused, review_refuse, review_release
from orders.words import state_words
from stores.scoped import CHANGE, VIEW, ReadOnlyAdmin


class ReviewForm(forms.Form):
    """What a person decided about an order, and why. The note takes lines of its own: Enter in it
    decides nothing."""

    decision = forms.CharField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("说明（选填，只有店铺的人看得到）"),
        max_length=120,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


# What each decision is called on the page that asks for it, what its button says, and a warning.
WORDS: dict[str, tuple[Any, Any, Any]] = {
    "release": (_("放行订单"), _("确认放行"), ""),
    "refuse": (
        _("拒绝订单并退款"),
        _("确认拒绝并退款"),
        _("确认后订单取消，买家付的钱全部原路退回，不能撤销。"),
    ),
}
DECIDED = _("这个订单已经有人处理过了。")


@admin.register(RiskReview)
class RiskReviewPage(ReadOnlyAdmin):
    """Orders that wait for a person's judgement: released or refused one by one, with a word why."""

    platform = VIEW
    owner = clerk = CHANGE
    list_display = ["opened_at", "order", "score", "why", "outcome", "ends"]
    list_filter = ["outcome"]
    list_select_related = ["order", "store"]
    ordering = ["outcome", "-id"]
    fields = [
        *("order", "score", "why", "opened_at", "ends", "outcome", "by_name", "note"),
        "decided_at",
    ]
    by_name = named_in_full("by", _("经手人"))
    actions = ["release"]
    change_form_outer_after_template = "admin/orders/riskreview/ways.html"

    @admin.display(description=_("最晚"))
    def ends(self, review: RiskReview) -> Any:
        return review.due_at and formats.date_format(
            timezone.localtime(review.due_at), "SHORT_DATETIME_FORMAT"
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        # Deciding has buttons of its own; there is nothing to save.
        hidden = {"show_save": False, "show_save_and_continue": False}
        context = {**(extra_context or {}), **hidden}
        return super().changeform_view(request, object_id, form_url, context)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_urls(self) -> list[Any]:
        own = path(
            "<int:review_id>/decide/",
            self.admin_site.admin_view(self.decide),
            name="orders_riskreview_decide",
        )
        return [own, *super().get_urls()]

    def decide(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """GET, or a POST that is not `confirmed`, asks once more for the `decision`; what comes of
        one that is, is said on the list."""
        review = self.get_object(request, str(review_id))
        back = redirect("admin:orders_riskreview_changelist")
        if review is None or not self.has_change_permission(request, review):
            return back
        sent = request.POST if request.method == "POST" else None
        decision = (sent or request.GET).get("decision", "")
        if decision not in WORDS:
            messages.error(request, _("请选择放行还是拒绝。"))
            return redirect("admin:orders_riskreview_change", review.pk)
        form = ReviewForm(sent, initial={"decision": decision})
        if sent is None or "confirmed" not in sent or not form.is_valid():
            return self._ask(request, review, form, decision)
        act = review_release if decision == "release" else review_refuse
        assert request.user.pk is not None
        try:
            done = act(
                review_id=review.pk,
                by_id=request.user.pk,
                note=form.cleaned_data["note"],
                now=clock.now(),
            )
        except CancelRefused as refusal:
            messages.error(request, str(refusal))
            return back
        if done:
            messages.success(request, _("已处理。"))
        else:
            messages.warning(request, DECIDED)
        return back

    def _ask(
        self, request: HttpRequest, review: RiskReview, form: ReviewForm, decision: str
    ) -> HttpResponse:
        if review.outcome:
            messages.warning(request, DECIDED)
            return redirect("admin:orders_riskreview_changelist")
        title, submit, warning = WORDS[decision]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "review": review,
            "order": review.order,
            "state": state_words(review.order, for_buyer=False),
            "form": form,
            "title": title,
            "submit": submit,
            "warning": warning,
        }
        return render(request, "admin/orders/riskreview/decide.html", context)

    @admin.action(description=_("放行所选订单"), permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[RiskReview]) -> None:
        number = sum(
            review_release(review_id=one.pk, by_id=request.user.pk, now=clock.now())
            for one in queryset
        )
        messages.success(request, _("已放行 %(number)d 个订单。") % {"number": number})
