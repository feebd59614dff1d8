"""The merchant's flash sales: one page to make a campaign, with what it costs and needs."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.flash.models import FlashCampaign, FlashOffer, FlashPurchase
from campaigns.flash.services import (
    CampaignRefused,
    campaign_advice,
    campaign_cancel,
    campaign_editable,
    campaign_given_fen,
    campaign_outlook,
    campaign_publish,
)
from catalog.queries import product_texts, skus_for_sale
from core import clock
from core.forms import YuanField
from core.money import yuan
from core.numbers import ref
from guard.outlook import Outlook, outlook_show, uncounted
from guard.publishing import DraftInline, DraftOnly, GuardedPublishing
from guard.rules import Finding, settings_of, wording
from sharers.queries import most_reward
from stores.scoped import ALL, EDIT, VIEW, ReadOnlyAdmin, StoreAdmin


class FlashOfferForm(forms.ModelForm):
    """A SKU's flash price, typed in yuan."""

    flash_fen = YuanField(label=_("秒杀价（元）"), min_fen=1, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = FlashOffer
        fields = ("sku", "flash_fen", "quota", "per_person")


class FlashOfferInline(DraftInline):
    """The SKUs in the campaign."""

    model = FlashOffer
    form = FlashOfferForm
    owner = clerk = ALL
    fields = ["sku", "flash_fen", "quota", "per_person", "alone", "sold"]
    readonly_fields = ["alone", "sold"]
    autocomplete_fields = ["sku"]

    @admin.display(description=_("单独购买价（元）"))
    def alone(self, offer: FlashOffer) -> str:
        if offer.list_fen:
            return yuan(offer.list_fen)
        sku = skus_for_sale([offer.sku_id]).get(offer.sku_id) if offer.sku_id else None
        return yuan(sku.price_fen) if sku else "—"


class FlashCampaignForm(DraftOnly, forms.ModelForm):
    """A campaign, as long as it is a draft."""

    class Meta:
        model = FlashCampaign
        fields = "__all__"  # noqa: DJ007  the page's own `fields` decide

    def still_draft(self) -> bool:
        return campaign_editable(campaign_id=self.instance.pk)


@admin.register(FlashCampaign)
class FlashCampaignPage(GuardedPublishing, StoreAdmin):
    """Campaigns. A draft is edited; a published one is only watched or cancelled."""

    guard_kind = "flash"

    form = FlashCampaignForm
    owner = clerk = EDIT
    list_display = ["day", "slot_start", "slot_end", "state", "pay_minutes"]
    list_filter = ["state"]
    date_hierarchy = "day"
    search_fields = ["offers__sku__product__title"]
    search_numbers = [ref("fsc")]
    list_select_related = ["store"]
    fields = [
        "day",
        ("slot_start", "slot_end"),
        ("pay_minutes", "takes_coupons"),
        "state",
        "outlook",
    ]
    inlines = [FlashOfferInline]
    actions = ["publish", "cancel"]
    ordering = ["-day", "-slot_start", "-id"]

    @admin.display(description=_("发布前请看"))
    def outlook(self, campaign: FlashCampaign | None) -> Any:
        """What it may earn, needs and may have to give back."""
        if campaign is None or campaign.pk is None:
            return _("保存后在这里看让利、毛利和备货。")
        found = campaign_outlook(campaign)
        if found is None:
            return _("请先添加秒杀商品并保存。")
        sku_ids = campaign.offers.values_list("sku_id", flat=True)
        notes = [
            *_notes(found),
            *campaign_advice(campaign_id=campaign.pk),
            *uncounted(
                reward=most_reward(campaign.store_id, sku_ids),
                takes_coupons=campaign.takes_coupons,
            ),
        ]
        given = _("全部抢完让利 %(given)s 元。") % {"given": yuan(campaign_given_fen(campaign))}
        said = _(
            "取消活动不退已下的单；把抢到的逐单取消，最多退 %(sum)s 元（含运费）。没付款的不用退。"
        )
        refunds = [said % {"sum": yuan(found.exposed_fen)}]
        return outlook_show(found, refunds=refunds, notes=[given, *notes])

    def guard_title(self, campaign: FlashCampaign) -> str:
        return str(campaign)

    def guard_findings(self, campaign: FlashCampaign) -> list[Finding]:
        offers = list(campaign.offers.select_related("sku__product").order_by("pk"))
        found = [one for offer in offers for one in wording(product_texts(offer.sku.product))]
        return [*found, *settings_of(prices_fen=[offer.flash_fen for offer in offers])]

    @admin.action(description=_("发布所选活动"), permissions=["change"])
    def publish(
        self, request: HttpRequest, queryset: QuerySet[FlashCampaign]
    ) -> HttpResponse | None:
        def put_out(campaign: FlashCampaign) -> None:
            try:
                campaign_publish(campaign_id=campaign.pk, now=clock.now())
            except CampaignRefused as refusal:
                messages.error(request, f"{campaign}：{refusal}")
                return
            said = _("%(slot)s 的秒杀已发布。") % {"slot": campaign}
            messages.success(request, said)
            for sentence in campaign_advice(campaign_id=campaign.pk):
                messages.warning(request, sentence)

        return self.guarded(request, queryset, put_out)

    @admin.action(description=_("取消所选活动（已下的单照常）"), permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[FlashCampaign]) -> None:
        count = sum(campaign_cancel(campaign_id=one.pk, now=clock.now()) for one in queryset)
        messages.success(request, _("已取消 %(count)d 个活动。") % {"count": count})


@admin.register(FlashPurchase)
class FlashPurchasePage(ReadOnlyAdmin):
    """What orders hold of the offers, and what came back."""

    platform = owner = clerk = VIEW
    list_display = ["goods", "price", "quantity", "state", "order", "bought_at", "returned_at"]
    list_filter = ["state"]
    search_fields = ["offer__sku__product__title"]
    search_numbers = [ref("ord", "order__public_id")]
    list_select_related = ["offer__sku__product", "order", "store"]
    fields = ["goods", "price", "quantity", "state", "order", "bought_at", "returned_at"]
    ordering = ["-id"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "goods", "price"]

    @admin.display(description=_("商品"))
    def goods(self, purchase: FlashPurchase) -> str:
        return f"{purchase.offer.sku.product.title} {purchase.offer.sku.name}"

    @admin.display(description=_("秒杀价（元）"))
    def price(self, purchase: FlashPurchase) -> str:
        return yuan(purchase.offer.flash_fen)


def _notes(found: Outlook) -> list[str]:
    """What each offer sells for, earns and needs."""
    lines = []
    for one in found.pieces:
        said = _("%(name)s：秒杀 %(flash)s 元，名额 %(quota)d 件，可售库存 %(stock)d 件，") % {
            "name": one.name,
            "flash": yuan(one.most_fen),
            "quota": one.quota,
            "stock": one.available,
        }
        if one.margin_fen is None:
            margin = str(_("没有填成本价，毛利算不出来"))
        else:
            margin = str(_("毛利每件 %(margin)s 元") % {"margin": yuan(one.margin_fen)})
        lines.append(f"{said}{margin}")
    return lines
