"""The office's first screen: what needs doing now."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.queries import signed_in_id
from campaigns.groupbuy.queries import groups_about_to_fail
from catalog.queries import low_stock_count
from community.queries import entries_short
from core import clock
from core.deadlines import deadline_lags
from core.money import yuan
from notices.queries import staff_lines
from orders.queries import open_invoice_count, store_day
from payments.queries import (
    AccountTrouble,
    accounts_in_trouble,
    missing_bill_count,
    open_difference_count,
    open_incident_count,
    stuck_refund_count,
)
from sharers.queries import applied_count
from stores.scoped import staff_of


@dataclass(frozen=True)
class Tile:
    """One number, where to act on it, and what else to know at once."""

    label: Any
    value: str
    link: str
    is_urgent: bool = False
    note: str = ""


# So many accounts say on the first screen why nobody can pay.
NAMED = 3


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the admin's index: for a merchant the own store, for the platform all of them."""
    staff = staff_of(request)
    store_id = staff.store_id if staff else None
    if staff is None and not request.user.is_superuser:  # type: ignore[union-attr]
        return {**context, "tiles": [], "store": None}
    now = clock.now()
    day = store_day(store_id, now=now)
    orders = reverse("admin:orders_order_changelist")
    refunds = reverse("admin:payments_refund_changelist")
    incidents = reverse("admin:payments_paymentincident_changelist")
    bills = reverse("admin:payments_billdifference_changelist")
    differing, missing = open_difference_count(store_id), missing_bill_count(store_id)
    absent = reverse("admin:payments_tradebill_changelist")
    invoices = reverse("admin:orders_invoice_changelist")
    asked = open_invoice_count(store_id)
    skus = reverse("admin:catalog_sku_changelist")
    groups = reverse("admin:groupbuy_group_changelist")
    stuck, open_incidents = stuck_refund_count(store_id), open_incident_count(store_id)
    failing, low = groups_about_to_fail(store_id, now=now), low_stock_count(store_id)
    entries = reverse("admin:community_groupentry_changelist")
    short = entries_short(store_id, now=now)
    sharers = reverse("admin:sharers_sharer_changelist")
    applied = applied_count(store_id)
    notices = staff_lines(signed_in_id(request))
    accounts = reverse("admin:payments_merchantaccount_changelist")
    unpaid = accounts_in_trouble(store_id)
    tiles = [
        Tile(_("待发货"), str(day.to_ship), f"{orders}?state__exact=to_ship", day.to_ship > 0),
        Tile(_("待成团或审核"), str(day.on_hold), f"{orders}?state__exact=on_hold"),
        Tile(_("两小时内到期缺人的团"), str(failing), f"{groups}?state__exact=open", failing > 0),
        Tile(
            _("收不了款的商户号"),
            str(len(unpaid)),
            f"{accounts}?trouble_at__isempty=0",
            bool(unpaid),
            "；".join(_why(one, names_store=staff is None) for one in unpaid[:NAMED]),
        ),
        Tile(
            _("退款需处理"),
            str(stuck),
            f"{refunds}?state__exact=stuck&explained_at__isempty=1",
            stuck > 0,
        ),
        Tile(_("支付异常"), str(open_incidents), incidents, open_incidents > 0),
        Tile(_("对账差异"), str(differing), f"{bills}?explained_at__isempty=1", differing > 0),
        Tile(
            _("账单未取回"),
            str(missing),
            f"{absent}?matched_at__isempty=1&explained_at__isempty=1",
            missing > 0,
        ),
        Tile(_("待开票"), str(asked), f"{invoices}?state__exact=requested", asked > 0),
        Tile(_("库存不足"), str(low), f"{skus}?stock=low", low > 0),
        Tile(_("群码快用完"), str(short), entries, short > 0),
        Tile(_("分享员申请"), str(applied), f"{sharers}?state__exact=applied", applied > 0),
        Tile(_("今日付款订单"), str(day.paid_orders), orders),
        Tile(_("今日收款（元）"), yuan(day.paid_fen), orders),
    ]
    return {
        **context,
        "title": _("今日"),
        "tiles": tiles,
        "store": staff.store if staff else None,
        "notices": notices,
        # The platform's own page: how far the clockwork is behind.
        "lags": [] if staff else deadline_lags(now=now),
    }


def _why(one: AccountTrouble, *, names_store: bool) -> str:
    at = f"{timezone.localtime(one.at):%m-%d %H:%M}"
    words = {"mchid": one.mchid, "at": at, "why": one.why}
    told = gettext("%(mchid)s（%(at)s）：%(why)s") % words
    return f"{one.store} {told}" if names_store else told
