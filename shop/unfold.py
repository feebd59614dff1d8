"""How the merchant's office looks: django-unfold's settings."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _platform(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _merchant(request: HttpRequest) -> bool:
    return not _platform(request)


def _item(title: Any, icon: str, model: str, permission: Any = None) -> dict[str, Any]:
    app, name = model.split(".")
    item = {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
    }
    return {**item, "permission": permission} if permission else item


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("小店 · 商家后台"),
    "LOGIN": {"form": "accounts.office.OfficeSignInForm"},
    "SITE_HEADER": _("小店"),
    "SITE_SUBHEADER": _("商家后台"),
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("img/icon.svg"),
        },
    ],
    "STYLES": [lambda _request: static("css/office.css")],
    "SCRIPTS": [lambda _request: static("js/office.js")],
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "office.dashboard.dashboard",
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .016 150)",
            "100": "oklch(94.5% .04 150)",
            "200": "oklch(89% .08 150)",
            "300": "oklch(81% .12 150)",
            "400": "oklch(71% .15 150)",
            "500": "oklch(60% .15 150)",
            "600": "oklch(50% .13 150)",
            "700": "oklch(43% .11 150)",
            "800": "oklch(37% .09 150)",
            "900": "oklch(31% .07 150)",
            "950": "oklch(23% .05 150)",
        }
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {"title": _("今日"), "icon": "today", "link": reverse_lazy("admin:index")},
                ]
            },
            {
                "title": _("交易"),
                "separator": True,
                "items": [
                    _item(_("订单"), "receipt_long", "orders.order"),
                    _item(_("订单审核"), "fact_check", "orders.riskreview"),
                    _item(_("发票"), "request_quote", "orders.invoice"),
                    _item(_("拼团"), "groups", "groupbuy.group"),
                    _item(_("砍价"), "content_cut", "bargain.bargain"),
                    _item(_("秒杀订单"), "bolt", "flash.flashpurchase"),
                    _item(_("退款"), "currency_exchange", "payments.refund"),
                    _item(_("支付异常"), "report", "payments.paymentincident"),
                    _item(_("对账差异"), "balance", "payments.billdifference"),
                    _item(_("微信账单"), "receipt_long", "payments.tradebill"),
                    _item(_("风控记录"), "policy", "risk.riskassessment"),
                    _item(_("风险反映"), "flag", "risk.riskreport"),
                    _item(_("风控设置"), "tune", "risk.riskpolicy"),
                ],
            },
            {
                "title": _("商品"),
                "separator": True,
                "items": [
                    _item(_("商品"), "inventory_2", "catalog.product"),
                    _item(_("库存与价格"), "price_change", "catalog.sku"),
                    _item(_("卡密"), "vpn_key", "digital.digitalitem"),
                    _item(_("库存流水"), "swap_vert", "catalog.stockmovement"),
                    _item(_("价格变动"), "timeline", "catalog.pricechange"),
                    _item(_("分类"), "category", "catalog.category"),
                    _item(_("运费模板"), "local_shipping", "freight.freighttemplate"),
                ],
            },
            {
                "title": _("营销"),
                "separator": True,
                "items": [
                    _item(_("拼团活动"), "campaign", "groupbuy.groupcampaign"),
                    _item(_("砍价活动"), "content_cut", "bargain.bargaincampaign"),
                    _item(_("秒杀活动"), "bolt", "flash.flashcampaign"),
                    _item(_("满减活动"), "percent_discount", "reductions.reduction"),
                    _item(_("优惠券"), "confirmation_number", "coupons.coupontemplate"),
                    _item(_("领出的券"), "redeem", "coupons.coupon"),
                    _item(_("合规确认"), "gavel", "guard.acknowledgement"),
                    _item(_("微信规范风险"), "warning", "guard.wechatrisk"),
                    _item(_("分享员"), "diversity_3", "sharers.sharer"),
                    _item(_("分享员计划"), "tune", "sharers.sharerplan"),
                    _item(_("规格奖励"), "percent", "sharers.skurate"),
                    _item(_("奖励"), "volunteer_activism", "sharers.reward"),
                    _item(_("分享员账目"), "menu_book", "sharers.rewardentry"),
                    _item(_("分享链接"), "share", "sharing.sharelink"),
                    _item(_("分享归因"), "conversion_path", "sharing.attribution"),
                    {
                        "title": _("传播分析"),
                        "icon": "hub",
                        "link": reverse_lazy("office:spread"),
                        "permission": _merchant,
                    },
                ],
            },
            {
                "title": _("社群"),
                "separator": True,
                "items": [
                    {
                        "title": _("群公告"),
                        "icon": "content_paste",
                        "link": reverse_lazy("office:announcements"),
                        "permission": _merchant,
                    },
                    _item(_("群入口"), "forum", "community.groupentry"),
                    _item(_("群码"), "qr_code_2", "community.groupcode"),
                    _item(_("柜台码"), "countertops", "community.countercode"),
                ],
            },
            {
                "title": _("资金"),
                "separator": True,
                "items": [
                    _item(_("支付单"), "payments", "payments.payment"),
                    _item(_("资金流水"), "account_balance", "payments.ledgerentry"),
                    _item(_("账单明细"), "list_alt", "payments.billline"),
                    _item(_("商户号"), "key", "payments.merchantaccount"),
                ],
            },
            {
                "title": _("店铺"),
                "separator": True,
                "items": [
                    _item(_("店铺资料"), "store", "stores.store"),
                    _item(_("自提点"), "pin_drop", "stores.pickuppoint"),
                    _item(_("店铺人员"), "badge", "stores.storestaff"),
                    _item(_("消息"), "notifications", "notices.notice"),
                    _item(_("消息发送"), "send", "notices.noticedelivery"),
                ],
            },
            {
                "title": _("平台"),
                "separator": True,
                "items": [
                    _item(_("用户"), "person", "accounts.user", _platform),
                    _item(_("资料查看记录"), "visibility", "core.accessentry", _platform),
                    _item(_("消息订阅"), "mark_chat_read", "notices.noticeconsent", _platform),
                    _item(_("分享域名"), "language", "wechat.sharedomain", _platform),
                    _item(_("身份冲突"), "merge", "accounts.identityconflict", _platform),
                    _item(_("事实"), "history", "core.fact", _platform),
                    _item(_("投递"), "outbox", "core.delivery", _platform),
                ],
            },
        ],
    },
}
