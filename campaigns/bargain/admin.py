"""The merchant's bargains: one page to make a campaign, with what it costs; one to watch them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.bargain.models import Bargain, BargainCampaign, Help
from campaigns.bargain.services import (
    CampaignRefused,
    campaign_advice,
    campaign_editable,
    campaign_end,
    campaign_given_fen,
    campaign_outlook,
    campaign_publish,
)
from catalog.queries import product_texts
from core import clock
from core.forms import YuanField
from core.money import yuan
from core.numbers import ref
from guard.outlook import outlook_show, uncounted
from guard.publishing import DraftOnly, GuardedPublishing
from guard.rules import Finding, settings_of, wording
from sharers.queries import most_reward
from stores.scoped import EDIT, VIEW, ReadOnlyAdmin, StoreAdmin, StoreInline


class BargainCampaignForm(DraftOnly, forms.ModelForm):
    """A campaign whose floor is typed in yuan."""

    floor_fen = YuanField(label=_("底价（元）"), min_fen=1, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = BargainCampaign
        fields = ("floor_fen",)

    def still_draft(self) -> bool:
        return campaign_editable(campaign_id=self.instance.pk)


@admin.register(BargainCampaign)
class BargainCampaignPage(GuardedPublishing, StoreAdmin):
    """Campaigns. A draft is edited; a published one is only watched or ended."""

    guard_kind = "bargain"

    form = BargainCampaignForm
    owner = clerk = EDIT
    list_display = ["goods", "state", "floor", "helpers", "quota", "quota_used", "ends_at"]
    list_filter = ["state"]
    search_fields = ["sku__product__title"]
    list_select_related = ["sku__product", "store"]
    autocomplete_fields = ["sku"]
    fields = [
        "sku",
        ("floor_fen", "helpers"),
        ("newcomer_percent", "newcomer_weight"),
        ("hours", "hold_hours"),
        ("buy_midway", "takes_coupons"),
        "starts_at",
        "ends_at",
        "quota",
        ("launches_per_person", "helps_per_day"),
        "wechat_risk_accepted",
        "state",
        "outlook",
    ]
    actions = ["publish", "end"]
    ordering = ["-id"]

    @admin.display(description=_("商品"))
    def goods(self, campaign: BargainCampaign) -> str:
        return f"{campaign.sku.product.title} {campaign.sku.name}"

    @admin.display(description=_("底价（元）"), ordering="floor_fen")
    def floor(self, campaign: BargainCampaign) -> str:
        return yuan(campaign.floor_fen)

    @admin.display(description=_("发布前请看"))
    def outlook(self, campaign: BargainCampaign | None) -> Any:
        """What it may earn, needs and may have to give back, and WeChat's policy."""
        if campaign is None or campaign.pk is None:
            return _("保存后在这里看让利、毛利和备货。")
        found = campaign_outlook(campaign)
        if found is None:
            return "—"
        given_fen = campaign_given_fen(campaign)
        notes = [
            _("每件最多让利 %(given)s 元，平均每刀 %(cut)s 元。")
            % {"given": yuan(given_fen), "cut": yuan(given_fen // max(campaign.helpers, 1))},
            _("名额全部到底价：让利 %(all)s 元，共需 %(helps)d 人次帮砍。")
            % {
                "all": yuan(given_fen * campaign.quota),
                "helps": campaign.helpers * campaign.quota,
            },
            *campaign_advice(campaign_id=campaign.pk),
            *uncounted(
                reward=most_reward(campaign.store_id, [campaign.sku_id]),
                takes_coupons=campaign.takes_coupons,
            ),
        ]
        said = _(
            "砍价不成不收钱，停止活动也不退已买的；把买到的逐单取消，最多退 %(sum)s 元（含运费）。"
        )
        refunds = [said % {"sum": yuan(found.exposed_fen)}]
        return outlook_show(found, refunds=refunds, notes=notes)

    def guard_title(self, campaign: BargainCampaign) -> str:
        return self.goods(campaign)

    def guard_findings(self, campaign: BargainCampaign) -> list[Finding]:
        return [
            *wording(product_texts(campaign.sku.product)),
            *settings_of(
                people=campaign.helpers,
                prices_fen=[campaign.floor_fen],
                helps_in_wechat=campaign.wechat_risk_accepted,
            ),
        ]

    @admin.action(description=_("发布所选活动"), permissions=["change"])
    def publish(
        self, request: HttpRequest, queryset: QuerySet[BargainCampaign]
    ) -> HttpResponse | None:
        def put_out(campaign: BargainCampaign) -> None:
            title = self.goods(campaign)
            try:
                campaign_publish(campaign_id=campaign.pk, now=clock.now())
            except CampaignRefused as refusal:
                messages.error(request, f"{title}：{refusal}")
                return
            messages.success(request, _("“%(title)s”的砍价已发布。") % {"title": title})
            for sentence in campaign_advice(campaign_id=campaign.pk):
                messages.warning(request, sentence)

        return self.guarded(request, queryset.select_related("sku__product"), put_out)

    @admin.action(description=_("停止所选活动（进行中的砍价继续）"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[BargainCampaign]) -> None:
        count = sum(campaign_end(campaign_id=c.pk, now=clock.now()) for c in queryset)
        messages.success(request, _("已停止 %(count)d 个活动。") % {"count": count})


class HelpInline(StoreInline):
    """Who helped, and by how much."""

    model = Help
    owner = clerk = VIEW
    fields = readonly_fields = ["number", "who", "is_newcomer", "cut", "after", "helped_at"]
    can_delete = False

    @admin.display(description=_("帮砍的人"))
    def who(self, given: Help) -> str:
        return given.user.public_name

    @admin.display(description=_("砍掉（元）"))
    def cut(self, given: Help) -> str:
        return yuan(given.cut_fen)

    @admin.display(description=_("砍后（元）"))
    def after(self, given: Help) -> str:
        return yuan(given.price_after_fen)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Help]:
        return super().get_queryset(request).select_related("user").order_by("number")


@admin.register(Bargain)
class BargainPage(ReadOnlyAdmin):
    """Bargains with their helps and clocks. The schedule stays sealed here, too."""

    platform = owner = clerk = VIEW
    list_display = ["public_id", "goods", "state", "price", "helped", "launched_at", "deadline_at"]
    list_filter = ["state"]
    search_fields = ["campaign__sku__product__title"]
    search_numbers = [ref("brg")]
    list_select_related = ["campaign__sku__product", "store"]
    fields = [
        "public_id",
        "goods",
        "state",
        ("price", "helped"),
        "commitment",
        "order",
        "launched_at",
        "deadline_at",
        "reached_at",
        "ended_at",
    ]
    inlines = [HelpInline]
    ordering = ["-id"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = super().get_readonly_fields(request, obj)
        return [name for name in shown if name != "sealed"] + ["goods", "price", "helped"]

    @admin.display(description=_("商品"))
    def goods(self, bargain: Bargain) -> str:
        return f"{bargain.campaign.sku.product.title} {bargain.campaign.sku.name}"

    @admin.display(description=_("起始价 → 现价（底价）"))
    def price(self, bargain: Bargain) -> str:
        prices = (yuan(bargain.list_fen), yuan(bargain.price_fen), yuan(bargain.floor_fen))
        return "{} → {} ({})".format(*prices)

    @admin.display(description=_("已帮砍 / 需要"))
    def helped(self, bargain: Bargain) -> str:
        return f"{bargain.helps} / {bargain.helpers}"
