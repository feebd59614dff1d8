"""Pages of the office that belong to no table."""

from datetime import timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from campaigns.groupbuy.queries import shelf_offers
from catalog.queries import product_cards, product_page
from core import clock
from core.errors import NotHere
from core.public_pages import page_number
from office.announcements import announcements, store_announcements
from office.spreads import spread_view
from sharing.domains import share_origin
from sharing.replay import replay
from sharing.services import link_for
from sharing.sources import PERIODS, sources
from sharing.windows import WindowRefused, rule_of, window_choose, windows_of
from stores.queries import store_terms
from stores.scoped import staff_of

# Where an announcement leads, by the kind of what it is about.
ANNOUNCED = {
    "product": "storefront:product",
    "flash": "flash:offer",
    "store": "storefront:store",
}


@require_safe
def announce(request: HttpRequest) -> HttpResponse:
    """?product=: its texts to paste into a group, with a link of the reader's own; ?offers: that of the
    store's coupons and full reductions; without either, the store's goods to choose from."""
    staff = staff_of(request)
    if staff is None:
        raise PermissionDenied  # the platform sells nothing itself
    now = clock.now()
    context = {**admin.site.each_context(request), "title": _("群公告")}
    user_id, store_id = staff.user_id, staff.store_id

    def link(kind: str, ref: str) -> str:
        path = reverse(ANNOUNCED[kind], args=[ref])
        made = link_for(
            sharer_id=user_id,
            store_id=store_id,
            target_kind=kind,
            target_ref=ref,
            path=path,
            channel="notice",
            now=now,
        )
        return f"{share_origin(store_id)}{path}?s={made.token}"

    if "offers" in request.GET:
        found = store_announcements(store_id, link=link, now=now)
        context |= {"is_of_store": True, "announcements": found}
        return render(request, "admin/office/announcement.html", context)
    ref = request.GET.get("product", "")[:40]
    if not ref:
        number = page_number(request)
        page = product_cards(store_id=staff.store_id, page=number)
        in_groups = shelf_offers([card.id for card in page.cards], now=now)
        is_resting = not page.cards and not store_terms(staff.store_id).is_open
        context |= {"page": page, "in_groups": set(in_groups), "is_resting": is_resting}
        return render(request, "admin/office/announcements.html", context)
    product = product_page(ref)
    if product is None or product.store_id != staff.store_id or not product.on_sale:
        raise NotHere(_("没有这件在售商品，请回到群公告重新选择。"))
    context |= {"product": product, "announcements": announcements(product, link=link, now=now)}
    return render(request, "admin/office/announcement.html", context)


@require_safe
def spread(request: HttpRequest) -> HttpResponse:
    """?days=30&of=…: sources, other windows, and who brought whom, of a campaign or a page."""
    staff = staff_of(request)
    if staff is None:
        raise PermissionDenied  # the platform shares nothing itself
    asked, now = request.GET.get("days", ""), clock.now()
    days = next((one for one in PERIODS if asked == str(one)), 30)
    since = now - timedelta(days=days)
    chosen = request.GET.get("of", "")[:40]
    chosen_days = windows_of(staff.store_id).days_at(now)
    context = {
        **admin.site.each_context(request),
        "title": _("传播分析"),
        "days": days,
        "periods": PERIODS,
        "sources": sources(staff.store_id, since=since, now=now),
        "replay": replay(staff.store_id, since=since, now=now),
        "view": spread_view(staff.store_id, chosen=chosen, since=since, now=now),
        "rule": rule_of(chosen_days),
        "window_days": chosen_days,
        "may_choose": staff.role == staff.Role.OWNER,
    }
    return render(request, "admin/office/spread.html", context)


@require_POST
def window(request: HttpRequest) -> HttpResponse:
    """The owner chooses how long before an order a share counts."""
    staff = staff_of(request)
    if staff is None or staff.role != staff.Role.OWNER:
        raise PermissionDenied  # rewards follow from it
    asked = request.POST.get("window", "")
    days = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else 0
    try:
        if window_choose(store_id=staff.store_id, days=days, now=clock.now()):
            told = _("归因窗口改为 %(days)d 天：从现在起下的单按它算，以前的单不变。")
            messages.success(request, told % {"days": days})
    except WindowRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(reverse("office:spread") + "#window")
