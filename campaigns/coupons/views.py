"""A store's coupon centre, the same for everyone, with a fragment to take them in; and the wallet."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.paths import with_query
from accounts.queries import signed_in_id
from campaigns.coupons import queries
from campaigns.coupons.services import (
    TakeRefused,
    coupon_give_newcomer,
    coupon_redeem,
    coupon_take,
)
from core import clock
from core.errors import NotHere
from core.idempotency import form_key_kept, form_key_new
from core.limits import limit_check
from core.public_pages import personal, public_page
from sharing.pages import visit_note
from stores.queries import StoreInfo, store_by_slug

# A person takes a few and mistypes a code a few times; a script tries more.
TAKES, TAKES_WINDOW_S = 30, 60
CODES, CODES_WINDOW_S = 10, 600


@public_page(max_age_s=5)
def centre(request: HttpRequest, slug: str) -> HttpResponse:
    """What the store offers; taking is in the fragment."""
    store = _store(slug)
    offered = queries.coupons_offered(store.id, now=clock.now())
    return render(request, "coupons/centre.html", {"store": store, "offered": offered})


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def mine(request: HttpRequest, slug: str) -> HttpResponse:
    """What the reader has of it and may take: a fragment for htmx, a page without it."""
    store = _store(slug)
    said, status = "", 200
    if not request.user.is_authenticated and request.method == "POST":
        url = _sign_in_url(store)
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]
    if request.method == "POST":
        said, status = _take(request, store)
        if not said:
            if not request.htmx:  # type: ignore[attr-defined]
                messages.success(request, _("领到了，下单时会自动选最省的一张。"))
                return redirect("coupons:mine", store.slug)
            said = _("领到了，下单时会自动选最省的一张。")
    user_id = request.user.pk
    # Whoever opens the centre for the first time is given what is for newcomers, without a button.
    if (
        user_id is not None
        and request.method == "GET"
        and (given := coupon_give_newcomer(store_id=store.id, user_id=user_id, now=clock.now()))
    ):
        said = _("新客礼：%(count)d 张优惠券已放进你的券包。") % {"count": len(given)}
    offered = (
        queries.coupons_offered_to(store.id, user_id, now=clock.now())
        if user_id is not None
        else []
    )
    context = {
        "store": store,
        "offered": offered,
        # Somebody who is not signed in sees what there is, as the public page has it.
        "listed": queries.coupons_offered(store.id, now=clock.now()) if user_id is None else (),
        "said": said,
        "refused": status != 200,
        "form_key": form_key_new(),
        "sign_in_url": "" if user_id is not None else _sign_in_url(store),
    }
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "coupons/_mine.html", context)  # htmx shows no body of a 409
    else:
        response = render(request, "coupons/mine.html", context, status=status)
    visit_note(request, response, now=clock.now(), store_id=store.id)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@login_required
def wallet(request: HttpRequest) -> HttpResponse:
    """The person's coupons of all stores; a code is entered here."""
    code, refusal, status = "", "", 200
    if request.method == "POST":
        code = request.POST.get("code", "")[:40]
        refusal, status = _redeem(request, code)
        if not refusal:
            messages.success(request, _("领到了，就在下面。"))
            return redirect("coupons:wallet")
    number = request.GET.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    found = queries.wallet(
        signed_in_id(request), tab=request.GET.get("tab", ""), page=page, now=clock.now()
    )
    tabs = (("usable", _("可使用")), ("used", _("已使用")), ("expired", _("已过期")))
    context = {
        "wallet": found,
        "tabs": tabs,
        "code": code,
        "refusal": refusal,
        "form_key": form_key_kept(request.POST),
    }
    return render(request, "coupons/wallet.html", context, status=status)


def _take(request: HttpRequest, store: StoreInfo) -> tuple[str, int]:
    """Why not, and the status; ("", 200) when it is taken."""
    user_id = signed_in_id(request)
    if not limit_check("coupon-take", f"user:{user_id}", TAKES, TAKES_WINDOW_S):
        return _("操作太频繁了，请过一分钟再试。"), 429
    try:
        coupon_take(
            template_ref=request.POST.get("template", "")[:32].replace("\0", ""),
            store_id=store.id,
            user_id=user_id,
            form_key=form_key_kept(request.POST),
            now=clock.now(),
        )
    except TakeRefused as refused:
        return str(refused), 409
    return "", 200


def _redeem(request: HttpRequest, code: str) -> tuple[str, int]:
    user_id = signed_in_id(request)
    if not limit_check("coupon-code", f"user:{user_id}", CODES, CODES_WINDOW_S):
        return _("试了太多次，请过十分钟再试。你填写的券码还在。"), 429
    if not code.strip():
        return _("请填写券码。"), 422
    try:
        coupon_redeem(
            code=code, user_id=user_id, form_key=form_key_kept(request.POST), now=clock.now()
        )
    except TakeRefused as refused:
        return str(refused), 409
    return "", 200


def _store(slug: str) -> StoreInfo:
    store = store_by_slug(slug)
    if store is None:
        raise NotHere(_("没有这家店。"))
    return store


def _sign_in_url(store: StoreInfo) -> str:
    page = reverse("coupons:mine", args=[store.slug])
    return with_query(reverse("accounts:sign_in"), next=page)
