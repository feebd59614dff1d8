"""The slots of the day, and asking to be reminded."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.flash import queries, services
from catalog.queries import cards_of
from core import clock
from core.errors import NotHere
from core.limits import limit_check
from core.public_pages import page_number, personal, public_page

# A person reserves a few times; a script tries more.
ASKS, ASKS_WINDOW_S = 20, 60


@public_page(max_age_s=1)
def flash(request: HttpRequest, slot: str = "") -> HttpResponse:
    """Today's and tomorrow's slots as tabs, and the goods of one; ?page= counts from 1."""
    page = queries.flash_page(slot, page_number(request), now=clock.now())
    if page is None:
        raise NotHere(_("没有这个时段，可能已经过去了。"))
    return render(request, "flash/flash.html", {"page": page})


@require_safe
@personal
def mine(request: HttpRequest) -> HttpResponse:
    """The server's clock, and what the reader has reserved."""
    now = clock.now()
    reserved = queries.my_reminders(request.user.pk, now=now) if request.user.pk else frozenset()
    return render(request, "flash/_mine.html", {"now": now, "count": len(reserved)})


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def remind(request: HttpRequest, public_id: str) -> HttpResponse:
    """One button: to be reminded before the start, or not any more."""
    now, status, refusal = clock.now(), 200, ""
    terms = queries.flash_terms(public_id, now=now)
    card = cards_of([terms.product_id]).get(terms.product_id) if terms else None
    if terms is None or card is None:
        raise NotHere(_("没有这个秒杀，请核对链接。"))
    if request.user.pk is None:
        return redirect_to_login(request.path)
    if request.method == "POST":
        try:
            if not limit_check("flash-remind", f"user:{request.user.pk}", ASKS, ASKS_WINDOW_S):
                raise services.FlashRefused(_("操作太频繁了，请过一分钟再试。"))
            if "drop" in request.POST:
                services.reminder_drop(offer_public_id=public_id, user_id=request.user.pk)
            elif terms.phase == queries.ENDED:
                raise services.SlotOver
            else:
                services.reminder_ask(offer_public_id=public_id, user_id=request.user.pk, now=now)
            return redirect("flash:remind", public_id)
        except services.FlashRefused as refused:
            status, refusal = 409, str(refused)
    context = {
        "terms": terms,
        "card": card,
        "is_reserved": terms.offer_id in queries.reminded(request.user.pk, [terms.offer_id]),
        "refusal": refusal,
        "now": now,
    }
    return render(request, "flash/remind.html", context, status=status)
