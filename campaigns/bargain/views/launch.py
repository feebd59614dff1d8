"""Launching a bargain, and the list of one's own."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.queries import signed_in_id
from campaigns.bargain import queries, services
from catalog.queries import cards_of
from core import clock
from core.errors import NotHere
from core.idempotency import form_key_kept
from core.limits import limit_check
from core.public_pages import personal
from wechat.queries import inside_wechat

# A person launches now and then; a script tries more.
LAUNCHES, LAUNCHES_WINDOW_S = 10, 60


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def launch(request: HttpRequest, campaign: str) -> HttpResponse:
    """The terms in plain words, and the one button that starts a bargain."""
    terms = queries.terms_to_launch(campaign)
    if terms is None:
        raise NotHere(_("没有这个砍价活动，请核对链接。"))
    if request.user.pk is None:
        return redirect_to_login(request.path)
    now, status = clock.now(), 200
    refused: services.BargainRefused | None
    inside = inside_wechat(request)
    quiet = not services.helping_allowed(
        store_id=terms.store_id, risk_accepted=terms.risk_accepted, in_wechat=inside
    )
    if quiet:
        refused, status = services.OutsideOnly(), 409
    elif request.method == "POST":
        try:
            if not limit_check("launch", f"user:{request.user.pk}", LAUNCHES, LAUNCHES_WINDOW_S):
                raise services.LaunchRefused(_("操作太频繁了，请过一分钟再试。"))
            ref = services.bargain_launch(
                campaign_id=terms.campaign_id,
                user_id=request.user.pk,
                shows_profile="shows_profile" in request.POST,
                form_key=form_key_kept(request.POST),
                now=now,
            )
        except services.LaunchRefused as error:
            refused, status = error, 409
        else:
            return redirect("bargain:bargain", ref)
    else:
        refused = services.launch_refusal(terms.campaign_id, request.user.pk, now=now)
    running = refused.bargain_public_id if isinstance(refused, services.AlreadyRunning) else ""
    context = {
        "terms": terms,
        "product": cards_of([terms.product_id])[terms.product_id],
        "refusal": str(refused) if refused else "",
        "running_url": reverse("bargain:bargain", args=[running]) if running else "",
        "shows_profile": "shows_profile" in request.POST,
        "form_key": form_key_kept(request.POST),
        "quiet": quiet,
    }
    return render(request, "bargain/launch.html", context, status=status)


@require_safe
@personal
@login_required
def bargains(request: HttpRequest) -> HttpResponse:
    """The person's own bargains, the newest first."""
    mine = queries.bargains_of(signed_in_id(request), in_wechat=inside_wechat(request))
    context = {"bargains": mine, "now": clock.now()}
    return render(request, "bargain/list.html", context)
