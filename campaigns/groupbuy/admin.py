"""The merchant's group-buys: one page to make a campaign, one to watch its groups."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.groupbuy.models import Group, GroupCampaign, GroupPrice, GroupTier, Member
from campaigns.groupbuy.running import groups_running
from campaigns.groupbuy.services import (
    REASON_LENGTH,
    CampaignRefused,
    CancelRefused,
    campaign_advice,
    campaign_cancel,
    campaign_editable,
    campaign_end,
    campaign_left,
    campaign_outlook,
    campaign_publish,
    campaign_rebate_fen,
    group_cancel,
)
from catalog.queries import product_texts, skus_for_sale
from core import clock
from core.forms import YuanField
from core.money import yuan
from core.numbers import ref
from core.public_pages import page_number
from guard.outlook import outlook_show, uncounted
from guard.publishing import DraftInline, DraftOnly, GuardedPublishing
from guard.rules import Finding, settings_of, wording
from sharers.queries import most_reward
from stores.scoped import ALL, EDIT, VIEW, ReadOnlyAdmin, StoreAdmin, StoreInline


class GroupPriceForm(forms.ModelForm):
    """A SKU's group price, typed in yuan."""

    price_fen = YuanField(label=_("拼团价（元）"), min_fen=1, widget=UnfoldAdminTextInputWidget)
    leader_fen = YuanField(
        label=_("团长价（元，可空）"),
        min_fen=1,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = GroupPrice
        fields = ("sku", "price_fen", "leader_fen")


class GroupPriceInline(DraftInline):
    """The SKUs in the campaign; without a row a SKU is not in it."""

    model = GroupPrice
    form = GroupPriceForm
    owner = clerk = ALL
    fields = ["sku", "price_fen", "leader_fen", "alone"]
    readonly_fields = ["alone"]
    autocomplete_fields = ["sku"]

    @admin.display(description=_("单独购买价（元）"))
    def alone(self, price: GroupPrice) -> str:
        sku = skus_for_sale([price.sku_id]).get(price.sku_id) if price.sku_id else None
        return yuan(sku.price_fen) if sku else "—"


class GroupTierForm(forms.ModelForm):
    """A step of the ladder, typed in yuan."""

    off_fen = YuanField(label=_("每件再减（元）"), min_fen=1, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = GroupTier
        fields = ("people", "off_fen")


class GroupTierInline(DraftInline):
    """The steps of a ladder; none for other campaigns."""

    model = GroupTier
    form = GroupTierForm
    owner = clerk = ALL
    fields = ["people", "off_fen"]
    max_num = 5


class CancelForm(forms.Form):
    """Why people do not get what they paid for; they read it."""

    reason = forms.CharField(
        label=_("取消原因（团员会看到）"),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )


class CancelsWithReason:
    """Mixed into a page with an action that gives up groups."""

    def reason_ask(
        self, request: HttpRequest, rows: QuerySet[Any], *, title: str
    ) -> str | HttpResponse:
        """The reason, once somebody typed one; until then the page that asks for it."""
        form = CancelForm(request.POST if "asked" in request.POST else None)
        if form.is_valid():
            return str(form.cleaned_data["reason"])
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "title": title,
            "form": form,
            "rows": list(rows),
            "action": request.POST.get("action", ""),
        }
        return render(request, "admin/groupbuy/cancel.html", context)


class GroupCampaignForm(DraftOnly, forms.ModelForm):
    """A campaign, as long as it is a draft."""

    class Meta:
        model = GroupCampaign
        fields = "__all__"  # noqa: DJ007  the page's own `fields` decide

    def still_draft(self) -> bool:
        return campaign_editable(campaign_id=self.instance.pk)


@admin.register(GroupCampaign)
class GroupCampaignPage(CancelsWithReason, GuardedPublishing, StoreAdmin):
    """Campaigns. A draft is edited; a published one is only watched or ended."""

    guard_kind = "group"
    watched = ("state", "cancelled", "outlook")

    form = GroupCampaignForm
    owner = clerk = EDIT
    list_display = [
        "product",
        "state",
        "size",
        "hours",
        "quota",
        "quota_used",
        "quota_needed",
        "starts_at",
        "ends_at",
    ]
    list_filter = ["state"]
    search_fields = ["product__title"]
    list_select_related = ["product", "store"]
    autocomplete_fields = ["product"]
    fields = [
        "product",
        ("size", "hours"),
        ("ending", "least"),
        ("newcomers_only", "takes_coupons"),
        "starts_at",
        "ends_at",
        "quota",
        ("limit_per_person", "limit_per_order"),
        "state",
        "cancelled",
        "outlook",
    ]
    inlines = [GroupPriceInline, GroupTierInline]
    actions = ["publish", "end", "cancel"]
    ordering = ["-id"]

    @admin.display(description=_("取消"))
    def cancelled(self, campaign: GroupCampaign | None) -> str:
        """Who cancelled it and why, and what is still to be done of it."""
        if campaign is None or campaign.cancelled_at is None:
            return "—"
        by = campaign.cancelled_by
        told = _("%(who)s取消了活动：%(reason)s") % {
            "who": by.display_name if by is not None else "",
            "reason": campaign.cancel_reason,
        }
        left = campaign_left(campaign_id=campaign.pk)
        return f"{told}\n{_left_said(left)}" if left else told

    @admin.display(description=_("发布前请看"))
    def outlook(self, campaign: GroupCampaign | None) -> Any:
        """What it may earn, needs and may have to give back."""
        found = campaign_outlook(campaign) if campaign is not None and campaign.pk else None
        if campaign is None or found is None:
            return _("填好拼团价并保存后，在这里看毛利、备货和退款敞口。")
        refunds = [
            _("如果全部不成团，最多退 %(sum)s 元（含运费）。") % {"sum": yuan(found.exposed_fen)}
        ]
        if campaign.has_ladder:
            refunds.append(
                _("如果都成到最高一级阶梯，退差价 %(sum)s 元。")
                % {"sum": yuan(campaign_rebate_fen(campaign))}
            )
        lowest = _("最低成交价 %(price)s 元（团长价和最高阶梯都算上）") % {
            "price": yuan(found.lowest_fen)
        }
        sku_ids = campaign.prices.values_list("sku_id", flat=True)
        notes = [
            lowest,
            *campaign_advice(campaign_id=campaign.pk),
            *uncounted(
                reward=most_reward(campaign.store_id, sku_ids),
                takes_coupons=campaign.takes_coupons,
            ),
        ]
        return outlook_show(found, refunds=refunds, notes=notes)

    def guard_title(self, campaign: GroupCampaign) -> str:
        return campaign.product.title

    def guard_findings(self, campaign: GroupCampaign) -> list[Finding]:
        prices = list(campaign.prices.values_list("price_fen", flat=True))
        # The leader's price and the ladder's last step are prices as well.
        outlook = campaign_outlook(campaign)
        return [
            *wording(product_texts(campaign.product)),
            *settings_of(
                people=campaign.size,
                prices_fen=[*prices, outlook.lowest_fen] if outlook is not None else prices,
                newcomers_only=campaign.newcomers_only,
            ),
        ]

    @admin.action(description=_("发布所选活动"), permissions=["change"])
    def publish(
        self, request: HttpRequest, queryset: QuerySet[GroupCampaign]
    ) -> HttpResponse | None:
        def put_out(campaign: GroupCampaign) -> None:
            title = campaign.product.title
            try:
                campaign_publish(campaign_id=campaign.pk, now=clock.now())
            except CampaignRefused as refusal:
                messages.error(request, f"{title}：{refusal}")
                return
            messages.success(request, _("“%(title)s”的拼团已发布。") % {"title": title})
            for sentence in campaign_advice(campaign_id=campaign.pk):
                messages.warning(request, sentence)

        return self.guarded(request, queryset.select_related("product"), put_out)

    @admin.action(description=_("停止所选活动（已开的团继续）"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[GroupCampaign]) -> None:
        count = sum(campaign_end(campaign_id=c.pk, now=clock.now()) for c in queryset)
        messages.success(request, _("已停止 %(count)d 个活动。") % {"count": count})

    @admin.action(
        description=_("取消所选活动：停止，并取消没成的团、全额退款"), permissions=["change"]
    )
    def cancel(
        self, request: HttpRequest, queryset: QuerySet[GroupCampaign]
    ) -> HttpResponse | None:
        reason = self.reason_ask(request, queryset, title=str(_("取消活动和没成的团")))
        if isinstance(reason, HttpResponse):
            return reason
        count = left = 0
        for campaign in queryset:
            count += campaign_cancel(
                campaign_id=campaign.pk, reason=reason, by_id=request.user.pk, now=clock.now()
            )
            left += campaign_left(campaign_id=campaign.pk)
        messages.success(request, _("已取消 %(count)d 个团，款项将原路退回。") % {"count": count})
        if left:
            messages.info(request, _left_said(left))
        return None


def _left_said(left: int) -> str:
    return _("还有 %(left)d 个团会自动接着取消并退款，不用再操作。") % {"left": left}


class MemberInline(StoreInline):
    """Who is in, and whether they have paid."""

    model = Member
    owner = clerk = VIEW
    fields = readonly_fields = [
        "who",
        "is_leader",
        "state",
        "quantity",
        "order",
        "reserved_at",
        "joined_at",
    ]
    can_delete = False

    @admin.display(description=_("成员"))
    def who(self, member: Member) -> str:
        return member.user.public_name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        return super().get_queryset(request).select_related("user", "order")


@admin.register(Group)
class GroupPage(CancelsWithReason, ReadOnlyAdmin):
    """Groups, with their seats and clocks."""

    platform = VIEW
    owner = clerk = VIEW | {"act"}
    list_display = ["public_id", "product", "state", "seats", "opened_at", "deadline_at"]
    list_filter = ["state"]
    search_fields = ["campaign__product__title"]
    search_numbers = [ref("grp")]
    list_select_related = ["campaign__product", "store"]
    inlines = [MemberInline]
    actions = ["cancel"]
    actions_list = ["board"]
    ordering = ["-id"]

    @action(description=_("实时看板"), url_path="board", icon="monitoring", permissions=["look"])
    def board(self, request: HttpRequest) -> HttpResponse:
        """?page=: every undecided group, the first to end on top, and what goes back if it fails; it
        reloads itself twice a minute."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("拼团实时看板"),
            "running": groups_running(self.get_queryset(request), page=page_number(request)),
            "now": clock.now(),
        }
        response = render(request, "admin/groupbuy/group/board.html", context)
        response.headers["Refresh"] = "30"
        return response

    @admin.display(description=_("商品"))
    def product(self, group: Group) -> str:
        return group.campaign.product.title

    @admin.display(description=_("已付 / 待付 / 人数"))
    def seats(self, group: Group) -> str:
        return f"{group.joined + group.confirmed} / {group.reserved} / {group.size}"

    @admin.action(description=_("取消所选拼团并全额退款"), permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Group]) -> HttpResponse | None:
        reason = self.reason_ask(request, queryset, title=str(_("取消拼团")))
        if isinstance(reason, HttpResponse):
            return reason
        count = 0
        for group in queryset:
            try:
                count += group_cancel(group_id=group.pk, reason=reason, now=clock.now())
            except CancelRefused as refusal:
                messages.error(request, f"{group.public_id}：{refusal}")
        messages.success(request, _("已取消 %(count)d 个拼团，款项将原路退回。") % {"count": count})
        return None
